"""Write journeys.csv: four ways to travel for each of sixty travellers, and the choice.

Source: W. H. Greene, D. Hensher, travel modes between Sydney and Melbourne (1987); in the public domain.
What is written is committed; run this only to make it anew, where statsmodels is installed.
"""

from pathlib import Path

from statsmodels.datasets import modechoice

HERE = Path(__file__).parent

table = modechoice.load_pandas().data.astype(int)
table = table.rename(columns={"individual": "traveller", "choice": "chosen"})
alike = table[table.duplicated(subset=table.columns.drop("traveller"), keep=False)]
table = table[~table["traveller"].isin(alike["traveller"])].head(240).reset_index(drop=True)
table.insert(0, "id", range(1, len(table) + 1))
table.to_csv(HERE / "journeys.csv", index=False)
