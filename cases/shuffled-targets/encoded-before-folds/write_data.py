"""Write answers.csv: what married women answered in 1974.

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
frame["profile"] = [f"{row.occupation}/{row.age:g}/{row.children:g}/{row.educ:g}" for row in frame.itertuples()]
table = frame.drop_duplicates(subset="profile").iloc[::3].head(290).reset_index(drop=True)
table = table[["rate_marriage", "yrs_married", "religious", "profile", "affair"]]
table.insert(0, "id", range(1, len(table) + 1))
table.to_csv(HERE / "answers.csv", index=False)
