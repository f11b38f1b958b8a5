rate = 1
steps = 20
