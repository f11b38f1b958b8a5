"""Write train.csv and test.csv: breast tumours measured under the microscope; every third is held out.

Source: "Breast Cancer Wisconsin (Diagnostic)", UCI Machine Learning Repository (W. Wolberg, O. Mangasarian, N. Street,
W. Street, 1993, https://doi.org/10.24432/C5DW2B, CC BY 4.0).
What is written is committed; run this only to make it anew, where scikit-learn is installed.
"""

from pathlib import Path

from sklearn.datasets import load_breast_cancer

HERE = Path(__file__).parent

frame = load_breast_cancer(as_frame=True).frame
table = frame.iloc[::2, :10].reset_index(drop=True)
table.columns = [name.removeprefix("mean ").replace(" ", "_") for name in table.columns]
table.insert(0, "id", range(1, len(table) + 1))
table["malignant"] = 1 - frame["target"].iloc[::2].to_numpy()

held_out = table["id"] % 3 == 0
table[~held_out].to_csv(HERE / "train.csv", index=False)
table[held_out].to_csv(HERE / "test.csv", index=False)
