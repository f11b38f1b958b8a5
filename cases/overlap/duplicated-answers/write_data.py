"""Write answers.csv: what married women answered in 1974, whole numbers as such; every fourth answer came in twice (made up).

Source: R. C. Fair, "A Theory of Extramarital Affairs", Journal of Political Economy 86 (1978); in the public domain.
What is written is committed; run this only to make it anew, where statsmodels is installed.
"""

from pathlib import Path

import pandas as pd
from statsmodels.datasets import fair

HERE = Path(__file__).parent

frame = fair.load_pandas().data
columns = list(frame.columns.drop("affairs"))
whole = [name for name in columns if name not in ("children", "yrs_married", "age")]
table = frame[columns].astype(dict.fromkeys(whole, int))
table["affair"] = (frame["affairs"] > 0).astype(int)
table = table.iloc[::26].drop_duplicates(subset=columns)
table = pd.concat([table, table.iloc[::4]]).sample(frac=1, random_state=0).reset_index(drop=True)
table.insert(0, "id", range(1, len(table) + 1))
table.to_csv(HERE / "answers.csv", index=False)
