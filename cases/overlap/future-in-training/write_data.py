"""Write sunspots.csv: the mean number of sunspots in each year.

Source: yearly sunspot numbers, National Geophysical Data Center, 1700-2008; in the public domain.
What is written is committed; run this only to make it anew, where statsmodels is installed.
"""

from pathlib import Path

from statsmodels.datasets import sunspots

HERE = Path(__file__).parent

table = sunspots.load_pandas().data.rename(columns={"YEAR": "year", "SUNACTIVITY": "activity"})
table.astype({"year": int}).to_csv(HERE / "sunspots.csv", index=False)
