# On the old machine this was /home/alice/titanic/train.csv.
with open('train.csv') as file:
    print(len(file.readlines()))
