exec python3 -c 'import sys; block = b"x" * 300_000_000; open(sys.argv[1], "w").write("id,p\n1,0.25\n2,0.75\n")' "$1"
