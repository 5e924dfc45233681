#!/bin/sh

# How prove runs a test for test.sh: Perl, or a program.  By itself it splits
# the path of a program at the checkout's spaces.

case $1 in
*.t)  exec perl "$@" ;;
/*)   exec "$@" ;;
*)    exec "./$@" ;;
esac
