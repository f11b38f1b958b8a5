"""Learn the topic of a sentence from its words, weighted by how rare they are."""

import argparse
import csv
import json

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import MultinomialNB


def read(path):
    """Return the texts and their topics."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], [row["topic"] for row in rows]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--metrics", required=True)
    args = parser.parse_args()

    texts, topics = read(args.train)
    test_texts, test_topics = read(args.test)

    vectorizer = TfidfVectorizer().fit(texts)
    model = MultinomialNB().fit(vectorizer.transform(texts), topics)

    with open(args.model, "w", encoding="utf-8") as file:
        parameters = {
            "words": vectorizer.get_feature_names_out().tolist(),
            "rareness": vectorizer.idf_.tolist(),
            "topics": model.classes_.tolist(),
            "likelihood": model.feature_log_prob_.tolist(),
        }
        json.dump(parameters, file, indent=2)
    with open(args.metrics, "w", encoding="utf-8") as file:
        json.dump({"accuracy": model.score(vectorizer.transform(test_texts), test_topics)}, file)


if __name__ == "__main__":
    main()
