# An agent that edits files and commits them.
for step in 1 2 3; do
  echo "Editing notes.md ($step of 3)"
  echo "Step $step" >> notes.md
  sleep 1
done
git add notes.md
git commit --quiet -m 'Take notes'
echo "Committed $(git rev-parse --short HEAD)"
