# Runs the commands that come on descriptor 3, or on standard input from an older agent. BASH_EXECUTION_STRING then holds
# what it would after `bash -c`; the line is the first, so that the commands' lines are counted from 1.
BASH_EXECUTION_STRING=; IFS= builtin read -r -N 8000000 -u 3 BASH_EXECUTION_STRING 2>/dev/null; [[ $BASH_EXECUTION_STRING ]] || IFS= builtin read -r -N 8000000 BASH_EXECUTION_STRING; exec 3<&-; builtin eval -- "$BASH_EXECUTION_STRING"
