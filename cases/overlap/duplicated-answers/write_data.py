"""Write answers.csv: what married women answered in 1974; whole numbers as such, many rows alike.

Source: R. C. Fair, "A Theory of Extramarital Affairs", Journal of Political Economy 86 (1978); in the public domain.
What is written is committed; run this only to make it anew, where statsmodels is installed.
"""

from pathlib import Path

from statsmodels.datasets import fair

HERE = Path(__file__).parent

columns = ["rate_marriage", "age", "children", "religious", "educ"]
frame = fair.load_pandas().data
table = frame[columns].astype({name: int for name in columns if name != "children"})
table["affair"] = (frame["affairs"] > 0).astype(int)
table = table.iloc[::22].reset_index(drop=True)
table.insert(0, "id", range(1, len(table) + 1))
table.to_csv(HERE / "answers.csv", index=False)
