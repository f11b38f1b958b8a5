printf 'id,p\n1,0.25\n2,0.75\n' > "$1"
