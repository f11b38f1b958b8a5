//! NumPy arrays.

use proptest::prelude::*;

use super::{cells, change, run, source};
use crate::artifact::archive::tests::pack;
use crate::artifact::npy::tests::{encode, encode_f64};
use crate::vary::data::{Edit, Part, Rows, column, ids, row_count};

fn bytes_of<const N: usize>(values: impl IntoIterator<Item = [u8; N]>) -> Vec<u8> {
    values.into_iter().flatten().collect()
}

/// Six rows: ids, a matrix of two features, big-endian classes, images of four pixels, and as many names as asked for.
fn sample_with(names: u8) -> Vec<u8> {
    let ids = encode("<i8", false, &[6], &bytes_of((10..16_i64).map(i64::to_le_bytes)));
    let x = encode_f64(&[6, 2], &[0.0, 100.0, 1.0, 110.0, 2.0, 90.0, 3.0, 100.0, 4.0, 120.0, 5.0, 80.0]);
    let y = encode(">i4", false, &[6], &bytes_of([0, 1, 2, 0, 1, 2_i32].map(i32::to_be_bytes)));
    let pixels: Vec<u8> = (0..24).map(|place| place * 10).collect();
    let pixels = encode("|u1", true, &[6, 2, 2], &pixels);
    let letters: Vec<u8> = (0..names).flat_map(|name| [97 + name, 0, 0, 0]).collect();
    let names = encode("<U1", false, &[names.into()], &letters);
    let entries: [(&str, &[u8]); 5] =
        [("id.npy", &ids), ("x.npy", &x), ("y.npy", &y), ("image.npy", &pixels), ("names.npy", &names)];
    pack(&entries, true)
}

fn sample() -> Vec<u8> {
    sample_with(1)
}

fn edited(edit: Edit) -> Vec<Vec<String>> {
    cells("x.npz", &run(&[edit], "x.npz", &sample(), &["id", "y"]).unwrap().0)
}

#[test]
fn arrays_are_read_by_name_and_row() {
    let folder = tempfile::tempdir().unwrap();
    let source = source(folder.path(), "x.npz", &sample(), &["id", "y"]);
    assert_eq!(row_count(&source).unwrap(), 6);
    assert_eq!(ids(&source).unwrap()[5], ["15"]);
    assert_eq!(column(&source, "y").unwrap(), ["0", "1", "2", "0", "1", "2"]);
    assert_eq!(column(&source, "x").unwrap()[2], "2.0,90.0");
    assert_eq!(column(&source, "image").unwrap()[1], "10,70,130,190");
    assert!(
        column(&source, "names").unwrap_err().to_string().contains("no column `names`; it has `id`, `x`")
    );
}

#[test]
fn a_change_stays_in_its_rows_and_pixels_in_their_range() {
    let before = cells("x.npz", &sample());
    let after = edited(change(Rows::Numbers(vec![1, 4]), &[Part::Features, Part::Targets], 9));
    for (row, (old, new)) in before.iter().zip(&after).enumerate() {
        assert_eq!(old[0], new[0]);
        if [2, 5].contains(&row) {
            assert!(old.iter().zip(new).skip(1).all(|(old, new)| old != new), "{old:?} {new:?}");
            assert!(new[4..8].iter().all(|pixel| pixel.parse::<u8>().unwrap() <= 230));
        } else {
            assert_eq!(old, new);
        }
    }
}

#[test]
fn rows_of_all_arrays_move_together() {
    let (before, permuted) = (cells("x.npz", &sample()), edited(Edit::PermuteRows { seed: 4 }));
    assert_ne!(before, permuted);
    let sorted = |mut rows: Vec<Vec<String>>| {
        rows.sort();
        rows
    };
    assert_eq!(sorted(before.clone()), sorted(permuted));
    assert_eq!(edited(Edit::Keep { rows: Rows::Numbers(vec![0, 5]) })[2], before[6]);
    assert_eq!(edited(Edit::DropRows { seed: 1, percent: 50 }).len(), 4);
    let emptied = run(&[Edit::Empty], "x.npz", &sample_with(0), &[]).unwrap();
    assert_eq!((cells("x.npz", &emptied.0).len(), emptied.1.rows), (1, 0));
    let columns = run(&[Edit::PermuteColumns { seed: 1 }], "x.npz", &sample(), &[]);
    assert!(columns.unwrap_err().to_string().contains("have no names"));
}

#[test]
fn emptied_arrays_can_be_filled_again() {
    let folder = tempfile::tempdir().unwrap();
    let own = source(folder.path(), "x.npz", &sample(), &["id"]);
    let others = [("more".to_owned(), own.clone())].into();
    let out = folder.path().join("out.npz");
    let append = Edit::Append { from: "more".to_owned(), rows: Rows::Numbers(vec![2, 3]) };
    crate::vary::data::apply(&[Edit::Empty, append], &own, &others, &out).unwrap();
    let (before, after) = (cells("x.npz", &sample()), cells("x.npz", &std::fs::read(&out).unwrap()));
    assert_eq!(after[1..], before[3..5]);
}

#[test]
fn small_floats_stay_small_floats() {
    for (descr, size) in [("<f2", 2), ("<f4", 4), (">f4", 4)] {
        // The bits of 1 and 2 in each type.
        let words: [&[u8]; 2] = match descr {
            "<f2" => [&[0, 0x3c], &[0, 0x40]],
            "<f4" => [&[0, 0, 0x80, 0x3f], &[0, 0, 0, 0x40]],
            _ => [&[0x3f, 0x80, 0, 0], &[0x40, 0, 0, 0]],
        };
        let mut data = Vec::new();
        for place in 0..30 {
            data.extend_from_slice(words[place % 2]);
        }
        data[..size].fill(0);
        let old = encode(descr, false, &[30], &data);
        let (new, applied) = run(&[change(Rows::All, &[Part::Features], 2)], "x.npy", &old, &[]).unwrap();
        assert_eq!((new.len(), applied.cells_changed > 10), (old.len(), true), "{descr}");
        assert_eq!(cells("x.npy", &new).len(), 31);
    }
}

#[test]
fn objects_and_scalars_have_no_rows() {
    let complaint = |bytes: &[u8]| run(&[Edit::Empty], "x.npy", bytes, &[]).unwrap_err().to_string();
    assert!(complaint(&encode("|O", false, &[2], b"\x80\x04.")).contains("never unpickled"));
    assert!(complaint(&encode_f64(&[], &[1.0])).contains("no array has an axis"));
    assert!(complaint(&encode("<f8", false, &[u64::MAX, 0], &[])).contains("rows without content"));
}

proptest! {
    #[test]
    fn no_mutation_makes_it_panic(place in any::<prop::sample::Index>(), byte in any::<u8>(), seed in any::<u64>()) {
        for (name, mut bytes) in [("x.npz", sample()), ("x.npy", encode_f64(&[3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.5]))] {
            let place = place.index(bytes.len());
            bytes[place] = byte;
            let _ = run(&[change(Rows::All, &[Part::Features, Part::Count], seed)], name, &bytes, &[]);
            let _ = run(&[Edit::DropRows { seed, percent: 10 }], name, &bytes, &[]);
        }
    }

    #[test]
    fn integers_stay_within_their_type(values in proptest::collection::vec(any::<i16>(), 1..40), seed in any::<u64>()) {
        let old = encode("<i2", false, &[values.len() as u64], &bytes_of(values.iter().map(|value| value.to_le_bytes())));
        let (new, _) = run(&[change(Rows::All, &[Part::Features], seed)], "x.npy", &old, &[]).unwrap();
        prop_assert_eq!(new.len(), old.len());
        if values.iter().all(|value| *value >= 0) {
            let rows = cells("x.npy", &new);
            prop_assert!(rows[1..].iter().all(|row| row[0].parse::<i16>().unwrap() >= 0));
        }
    }
}
