"""Write train.csv and test.csv:
answers of married women in 1974; every third is held out, without the target.

Source: R. C. Fair, "A Theory of Extramarital Affairs", Journal of Political Economy 86 (1978); in the public domain.
What is written is committed; run this only to make it anew, where statsmodels is installed.
"""

from pathlib import Path

from statsmodels.datasets import fair

HERE = Path(__file__).parent

NAMES = {1: "student", 2: "worker", 3: "office", 4: "teacher", 5: "manager", 6: "professional"}
frame = fair.load_pandas().data
frame["occupation"] = frame["occupation"].map(NAMES)
features = ["rate_marriage", "age", "yrs_married", "religious", "educ", "occupation"]

frame["affair"] = (frame["affairs"] > 0).astype(int)
frame = frame[~frame["occupation"].isin(["student", "professional"])]
table = frame.drop_duplicates(subset=features).iloc[::10].head(270).reset_index(drop=True)[[*features, "affair"]]
table.insert(0, "id", range(1, len(table) + 1))

held_out = table["id"] % 3 == 0
table[~held_out].to_csv(HERE / "train.csv", index=False)
table[held_out].drop(columns="affair").to_csv(HERE / "test.csv", index=False)
