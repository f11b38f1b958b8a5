with open('/home/alice/titanic/train.csv') as file:
    print(len(file.readlines()))
