"""Write train.csv and test.csv: wines from three cultivars; every third is held out.

Source: "Wine", UCI Machine Learning Repository (S. Aeberhard, M. Forina, 1991,
https://doi.org/10.24432/C5PC7J, CC BY 4.0).
What is written is committed; run this only to make it anew, where scikit-learn is installed.
"""

from pathlib import Path

from sklearn.datasets import load_wine

HERE = Path(__file__).parent

table = load_wine(as_frame=True).frame.rename(columns={"target": "label"})
table.columns = [name.replace("od280/od315_of_diluted_wines", "dilution") for name in table.columns]
table.insert(0, "id", range(1, len(table) + 1))

table = table[["id", "alcohol", "malic_acid", "flavanoids", "color_intensity", "hue", "dilution", "label"]]

held_out = table["id"] % 3 == 0
table[~held_out].to_csv(HERE / "train.csv", index=False)
table[held_out].to_csv(HERE / "test.csv", index=False)
