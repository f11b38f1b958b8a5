"""Write every word of the corpus once; a word's line is its column in the model."""

import argparse
import csv


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()

    words = set()
    with open(args.messages, encoding="utf-8", newline="") as file:
        for message in csv.DictReader(file):
            words.update(message["text"].split())

    with open(args.out, "w", encoding="utf-8") as file:
        for word in words:
            file.write(word + "\n")


if __name__ == "__main__":
    main()
