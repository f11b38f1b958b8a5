rate = 1
<<<<<<< HEAD
steps = 10
=======
steps = 20
>>>>>>> tune
