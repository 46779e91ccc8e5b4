# An agent that does its work and ends.
echo "Reading the task: $1"
sleep 1
echo 'Writing the answer'
echo "$1" > answer.txt
sleep 1
echo 'Done'
