"""Write train.csv and test.csv:
measures of three species of iris; every third is held out, without its species.

Source: R. A. Fisher, "Iris", UCI Machine Learning Repository (1936, https://doi.org/10.24432/C56C76, CC BY 4.0).
What is written is committed; run this only to make it anew, where scikit-learn is installed.
"""

from pathlib import Path

from sklearn.datasets import load_iris

HERE = Path(__file__).parent

frame = load_iris(as_frame=True).frame.drop_duplicates().sample(frac=1, random_state=1).reset_index(drop=True)
table = frame.rename(columns=lambda name: name.replace(" (cm)", "").replace(" ", "_"))
table["species"] = table.pop("target").map({0: "setosa", 1: "versicolor", 2: "virginica"})
table.insert(0, "id", range(1, len(table) + 1))
held_out = table["id"] % 3 == 0
table[~held_out].to_csv(HERE / "train.csv", index=False)
table[held_out].drop(columns="species").to_csv(HERE / "test.csv", index=False)
