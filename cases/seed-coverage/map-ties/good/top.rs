//! Ranks the words on stdin by how often they occur, as CSV.

use std::collections::HashMap;
use std::io::{self, Read, Write};

fn main() -> io::Result<()> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;

    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word).or_default() += 1;
    }

    let mut ranked: Vec<_> = counts.into_iter().collect();
    ranked.sort_by_key(|&(word, count)| (std::cmp::Reverse(count), word));

    let mut out = io::stdout().lock();
    writeln!(out, "rank,word,count")?;
    for (rank, (word, count)) in ranked.iter().enumerate() {
        writeln!(out, "{},{word},{count}", rank + 1)?;
    }
    Ok(())
}
