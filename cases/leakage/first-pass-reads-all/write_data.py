"""Write flowers.csv: two species of iris; every third is held out.

Source: R. A. Fisher, "Iris", UCI Machine Learning Repository (1936, https://doi.org/10.24432/C56C76, CC BY 4.0).
What is written is committed; run this only to make it anew, where scikit-learn is installed.
"""

from pathlib import Path

from sklearn.datasets import load_iris

HERE = Path(__file__).parent

frame = load_iris(as_frame=True).frame
table = frame[frame["target"] > 0].drop_duplicates().reset_index(drop=True)
table.columns = ["sepal_length", "sepal_width", "petal_length", "petal_width", "species"]
table["species"] = table["species"].map({1: "versicolor", 2: "virginica"})
table.insert(0, "id", range(1, len(table) + 1))
table["fold"] = ["test" if number % 3 == 0 else "train" for number in table["id"]]
table.to_csv(HERE / "flowers.csv", index=False)
