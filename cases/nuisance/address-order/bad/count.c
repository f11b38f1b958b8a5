/* Counts the class names on stdin and prints each class with its count. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SLOTS 64

static const char *const classes[] = {"circle", "square", "triangle", "star", "cross", "arrow",
                                      "heart",  "spiral", "wave",     "ring", "bar",   "dot"};
#define CLASSES (sizeof classes / sizeof classes[0])

static struct { const char *name; int count; } table[SLOTS];

static const char *intern(const char *text) {
    for (size_t i = 0; i < CLASSES; i++)
        if (strcmp(classes[i], text) == 0) return classes[i];
    return NULL;
}

static size_t hash(const char *name) {
    uint64_t bits = (uintptr_t)name;
    bits = (bits ^ (bits >> 33)) * UINT64_C(0xFF51AFD7ED558CCD);
    bits = (bits ^ (bits >> 33)) * UINT64_C(0xC4CEB9FE1A85EC53);
    return (bits ^ (bits >> 33)) % SLOTS;
}

static void add(const char *name) {
    size_t slot = hash(name);
    while (table[slot].name != NULL && table[slot].name != name) slot = (slot + 1) % SLOTS;
    table[slot].name = name;
    table[slot].count++;
}

int main(void) {
    char text[64];
    while (scanf("%63s", text) == 1) {
        const char *name = intern(text);
        if (name == NULL) {
            fprintf(stderr, "unknown class: %s\n", text);
            return 1;
        }
        add(name);
    }
    for (size_t slot = 0; slot < SLOTS; slot++)
        if (table[slot].name != NULL) printf("%s %d\n", table[slot].name, table[slot].count);
    return 0;
}
