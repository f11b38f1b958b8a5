/* Usage: score WEIGHTS TEST BATCH_SIZE
 * Prints the mean weight of the words of each sentence. Sentences are worked on in batches, padded with zeros. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 64
#define VOCABULARY_MAX 1024
#define BATCH_MAX 1024
#define LINE_MAX_BYTES 4096

static struct { char word[48]; double weight; } vocabulary[VOCABULARY_MAX];
static int known;

static int id_column, text_column;
static char ids[BATCH_MAX][32];
static double batch[BATCH_MAX][WORDS_MAX];
static int lengths[BATCH_MAX];

static double weight_of(const char *word) {
    for (int i = 0; i < known; i++)
        if (strcmp(vocabulary[i].word, word) == 0) return vocabulary[i].weight;
    return 0.0;
}

static void read_weights(const char *path) {
    FILE *file = fopen(path, "r");
    if (file == NULL) { perror(path); exit(1); }
    while (known < VOCABULARY_MAX && fscanf(file, "%47s %lf", vocabulary[known].word, &vocabulary[known].weight) == 2)
        known++;
    fclose(file);
}

/* Fills one row of the batch from a line. */
static void read_row(char *line, int row) {
    char *fields[2] = {line, line};
    char *comma = strchr(line, ',');
    if (comma != NULL) { *comma = '\0'; fields[1] = comma + 1; }
    snprintf(ids[row], sizeof ids[row], "%s", fields[id_column]);
    memset(batch[row], 0, sizeof batch[row]);
    lengths[row] = 0;
    char *word = strtok(fields[text_column], " \"");
    for (; word != NULL && lengths[row] < WORDS_MAX; word = strtok(NULL, " \""))
        batch[row][lengths[row]++] = weight_of(word);
}

static void print_scores(int rows) {
    int longest = 1;
    for (int row = 0; row < rows; row++)
        if (lengths[row] > longest) longest = lengths[row];
    for (int row = 0; row < rows; row++) {
        double sum = 0.0;
        for (int word = 0; word < longest; word++) sum += batch[row][word];
        printf("%s,%.17g\n", ids[row], sum / (lengths[row] > 0 ? lengths[row] : 1));
    }
}

int main(int argc, char **argv) {
    char line[LINE_MAX_BYTES];
    int size, rows = 0;
    if (argc != 4 || (size = atoi(argv[3])) < 1 || size > BATCH_MAX) return 2;
    read_weights(argv[1]);
    FILE *file = fopen(argv[2], "r");
    if (file == NULL) { perror(argv[2]); return 1; }
    if (fgets(line, sizeof line, file) == NULL) return 1;
    id_column = strncmp(line, "id", 2) != 0;
    text_column = !id_column;
    puts("id,score");
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        read_row(line, rows++);
        if (rows == size) { print_scores(rows); rows = 0; }
    }
    print_scores(rows);
    fclose(file);
    return 0;
}
