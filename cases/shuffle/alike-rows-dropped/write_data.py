"""Write train.csv and test.csv:
answers before the election of 1996; every third is held out, without the vote.

Source: American National Election Study of 1996, http://www.electionstudies.org; in the public domain.
What is written is committed; run this only to make it anew, where statsmodels is installed.
"""

from pathlib import Path

from statsmodels.datasets import anes96

HERE = Path(__file__).parent

columns = ["TVnews", "selfLR", "ClinLR", "DoleLR", "age", "educ", "income"]
frame = anes96.load_pandas().data.drop_duplicates(subset=columns).iloc[::4]
table = frame[[*columns, "vote"]].astype(int).reset_index(drop=True)
table.insert(0, "id", range(1, len(table) + 1))
held_out = table["id"] % 3 == 0
table[~held_out].to_csv(HERE / "train.csv", index=False)
table[held_out].drop(columns="vote").to_csv(HERE / "test.csv", index=False)
