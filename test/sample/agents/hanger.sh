# An agent that hangs: it prints nothing more and uses no processor time.
echo 'Waiting for a reply that never comes'
sleep 3600
