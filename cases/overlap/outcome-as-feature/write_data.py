"""Write answers.csv: what married women answered in 1974, one row for each set of answers.

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

frame = frame.drop_duplicates(subset=features).iloc[5::9].head(240).reset_index(drop=True)
frame["affairs"] = frame["affairs"].round(3)
table = frame[[*features, "affairs"]]
table.insert(0, "id", range(1, len(table) + 1))
table.to_csv(HERE / "answers.csv", index=False)
