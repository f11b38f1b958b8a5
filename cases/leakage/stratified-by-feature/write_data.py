"""Write patients.csv: 240 patients with diabetes, and the progression of the disease after a year.

Source: B. Efron, T. Hastie, I. Johnstone and R. Tibshirani, "Least Angle Regression", Annals of Statistics 32 (2004).
What is written is committed; run this only to make it anew, where scikit-learn is installed.
"""

from pathlib import Path

from sklearn.datasets import load_diabetes

HERE = Path(__file__).parent

table = load_diabetes(as_frame=True, scaled=False).frame.rename(columns={"target": "progression"}).head(240)
table.insert(0, "id", range(1, len(table) + 1))

table.to_csv(HERE / "patients.csv", index=False)
