//! Whole comparisons, format by format: what is said of two files on disk.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use tempfile::TempDir;

use super::compare;
use crate::artifact::archive::tests::pack;
use crate::artifact::npy::tests::{encode, encode_f64};
use crate::artifact::{Artifact, Format, parquet, png, safetensors, torch};
use crate::relate::{Class, Difference, DifferentBits, Place, RELATIONS, Relation, SameBits, SameRows};

/// Two artifacts on disk.
struct Pair {
    _dir: TempDir,
    left: Artifact,
    right: Artifact,
}

fn pair(name: &str, left: &[u8], right: &[u8], id: &[&str]) -> Pair {
    let dir = tempfile::tempdir().unwrap();
    let artifact = |side: &str, bytes: &[u8]| {
        let path = dir.path().join(side).join(name);
        fs::create_dir(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        let format = Format::of_extension(&path).unwrap_or(Format::Bytes);
        Artifact::at(path, format, id.iter().map(|id| (*id).to_owned()).collect()).unwrap()
    };
    let (left, right) = (artifact("left", left), artifact("right", right));
    Pair { _dir: dir, left, right }
}

/// Compares two files of one name; the class must not depend on the side.
fn diff(name: &str, left: &[u8], right: &[u8], id: &[&str]) -> Difference {
    let pair = pair(name, left, right, id);
    let difference = compare(&pair.left, &pair.right).unwrap();
    let mirrored = compare(&pair.right, &pair.left).unwrap();
    assert_eq!(difference.class, mirrored.class, "{} / {}", difference.sentence(), mirrored.sentence());
    assert_eq!((difference.compared, difference.ulps_max), (mirrored.compared, mirrored.ulps_max));
    difference
}

fn sentence(name: &str, left: &[u8], right: &[u8], id: &[&str]) -> String {
    diff(name, left, right, id).sentence()
}

fn csv(left: &str, right: &str, id: &[&str]) -> String {
    sentence("x.csv", left.as_bytes(), right.as_bytes(), id)
}

#[test]
fn a_float_cell_is_named_with_its_bits() {
    assert_eq!(
        csv("id,score\n4,1.5\n17,0.1\n", "id,score\n4,1.5\n17,0.10000000000000002\n", &["id"]),
        "row 2 (id=17), column `score`: 0.1 (0x3fb999999999999a) against 0.10000000000000002 \
         (0x3fb999999999999b); 1 of 4 values differs, rounding, at most 1 ULP"
    );
}

#[test]
fn a_table_is_drawn_by_rows_and_columns_with_its_scores_and_without_its_ids() {
    let left = "id,score,label\n4.5,1.5,a\n17.5,0.1,b\n18.5,0.25,a\n";
    let right = "id,score,label\n4.5,1.5,a\n17.5,0.10000000000000002,c\n18.5,0.25,a\n";
    let picture = diff("x.csv", left.as_bytes(), right.as_bytes(), &["id"]).picture.unwrap();
    let map = picture.map.unwrap();
    assert_eq!(map.differing, [[0, 0, 0], [0, 1, 1], [0, 0, 0]]);
    assert_eq!(map.columns, ["id", "score", "label"]);
    assert_eq!(picture.ulps, [1]);
    assert_eq!(picture.pairs, [[1.5, 1.5], [0.1, 0.100_000_000_000_000_02], [0.25, 0.25]]);
    assert_eq!(
        diff("x.csv", b"a\n0.10\n", b"a\n0.1\n", &[]).picture,
        None,
        "another spelling is no difference"
    );
}

#[test]
fn a_tensor_is_drawn_along_its_last_axis_whatever_its_order_in_memory() {
    let left = encode_f64(&[2, 3], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    let right = encode_f64(&[2, 3], &[0.0, 1.0, 2.0, 3.0, 4.0, 6.0]);
    let picture = diff("x.npy", &left, &right, &[]).picture.unwrap();
    assert_eq!(picture.map.unwrap().differing, [[0, 0, 0], [0, 0, 1]]);
    assert_eq!(picture.pairs[4..], [[4.0, 4.0], [5.0, 6.0]]);
    assert_eq!(picture.ulps.iter().sum::<u64>(), 1);
    let columns = |last: f64| {
        let data: Vec<u8> =
            [0.0, 3.0, 1.0, 4.0, 2.0, last].iter().flat_map(|value: &f64| value.to_le_bytes()).collect();
        encode("<f8", true, &[2, 3], &data)
    };
    let picture = diff("x.npy", &columns(5.0), &columns(6.0), &[]).picture.unwrap();
    assert_eq!(picture.map.unwrap().differing, [[0, 0, 0], [0, 0, 1]]);
}

#[test]
fn spelling_line_ends_and_quotes_of_a_table_are_its_container() {
    assert_eq!(
        csv("a,b\n0.10,1\n", "a,b\r\n0.1,\"1\"\r\n", &[]),
        "the same values; only the container differs; 1 number written differently, as `0.10` and `0.1`"
    );
    assert_eq!(diff("x.csv", b"a,b\n1,2\n", b"\xef\xbb\xbfa,b\n1,2", &[]).class, Class::ContainerOnly);
    assert_eq!(diff("x.tsv", b"a\tb\n1\t2\n", b"a\t\"b\"\n1\t2", &[]).class, Class::ContainerOnly);
}

#[test]
fn the_last_printed_digit_is_more_than_rounding_and_the_note_says_what_it_is() {
    assert_eq!(
        csv("p\n0.123456\n0.5\n", "p\n0.123457\n0.5\n", &[]),
        "row 1, column `p`: 0.123456 (0x3fbf9acffa7eb6bf) against 0.123457 (0x3fbf9ae0c1765775); 1 of 2 values \
         differs, values, at most 72057594038 ULPs; values differ by one unit of the last printed digit"
    );
}

#[test]
fn cancellation_near_zero_is_rounding_in_a_column_of_ones() {
    let (left, right) = ("p\n1.0\n0.0\n-1.0\n", "p\n1.0\n1.1102230246251565e-16\n-1.0\n");
    assert_eq!(diff("x.csv", left.as_bytes(), right.as_bytes(), &[]).class, Class::Rounding);
    let (left, right) = ("p\n1e-20\n0.0\n", "p\n1e-20\n1.1102230246251565e-16\n");
    assert_eq!(diff("x.csv", left.as_bytes(), right.as_bytes(), &[]).class, Class::Values);
}

#[test]
fn labels_missing_cells_and_signs_of_zero_are_told_apart() {
    assert_eq!(
        csv("y\ncat\n", "y\ndog\n", &[]),
        "row 1, column `y`: \"cat\" against \"dog\"; 1 of 1 values differs, labels"
    );
    assert_eq!(diff("x.csv", b"y\n1\n", b"y\n2\n", &[]).class, Class::Labels);
    assert_eq!(diff("x.csv", b"y\n007\n", b"y\n7\n", &[]).class, Class::Labels);
    assert_eq!(diff("x.csv", b"y,z\n0.5,1\n", b"y,z\n,1\n", &[]).class, Class::Values);
    assert_eq!(diff("x.csv", b"y\n0.0\n", b"y\n-0.0\n", &[]).class, Class::ZeroSignOrNan);
    assert_eq!(diff("x.csv", b"y\nnan\n", b"y\n0.5\n", &[]).class, Class::Values);
}

#[test]
fn keyed_rows_are_found_wherever_they_stand() {
    assert_eq!(
        csv("id,p\n1,a\n2,b\n3,c\n4,d\n", "id,p\n1,a\n3,c\n2,b\n4,d\n", &["id"]),
        "row 2 (id=2) stands elsewhere; 2 of 4 rows differ, order only"
    );
    assert_eq!(
        csv("id,p\n1,a\n2,b\n3,c\n", "id,p\n3,c\n1,a\n2,x\n", &["id"]),
        "row 2 (id=2), column `p`: \"b\" against \"x\"; 1 of 6 values differs, labels; rows stand in another order"
    );
}

#[test]
fn rows_on_one_side_only_are_named_by_their_key() {
    assert_eq!(
        csv("id,p\n1,a\n2,b\n3,c\n", "id,p\n1,a\n3,c\n9,z\n", &["id"]),
        "row 2 (id=2): present only in the first; 4 of 4 values differ, shape; 1 row only in the first, beginning \
         with id=2; 1 row only in the second, beginning with id=9"
    );
    assert_eq!(
        csv("id,p\n1,a\n", "id,p\n1,a\n2,b\n", &[]),
        "row 2: present only in the second; 2 of 4 values differ, shape; 1 row on one side, 2 rows on the other"
    );
}

#[test]
fn repeated_ids_are_noted_and_keys_of_two_columns_work() {
    assert!(csv("id,p\n1,a\n1,b\n", "id,p\n1,a\n1,c\n", &["id"]).ends_with(
        "1 row repeats an id in the first, beginning with id=1; 1 row repeats an id in the second, beginning with id=1"
    ));
    assert_eq!(
        csv("u,t,p\na,1,0.5\na,2,0.5\n", "u,t,p\na,2,0.5\na,1,0.25\n", &["u", "t"]),
        "row 1 (u=a, t=1), column `p`: 0.5 (0x3fe0000000000000) against 0.25 (0x3fd0000000000000); 1 of 6 values \
         differs, values, at most 4503599627370496 ULPs; rows stand in another order"
    );
    assert!(
        csv("a\n1\n", "a\n2\n", &["id"])
            .ends_with("there is no column `id`, so rows are compared by their place")
    );
}

#[test]
fn unkeyed_rows_in_another_order_are_order_only() {
    assert_eq!(
        csv("a,b\n1,x\n2,y\n3,z\n", "a,b\n1,x\n3,z\n2,y\n", &[]),
        "row 2 stands elsewhere; 2 of 3 rows differ, order only"
    );
}

#[test]
fn columns_are_matched_by_name() {
    assert_eq!(
        csv("a,b\n1,2\n", "b,a\n2,1\n", &[]),
        "as a whole: columns `a`, `b` against columns `b`, `a`; 0 of 2 values differ, order only; columns stand in another order"
    );
    assert_eq!(
        csv("a,b\n1,2\n", "a,c\n1,2\n", &[]),
        "as a whole: columns `a`, `b` against columns `a`, `c`; shape; only in the first: `b`; only in the second: `c`"
    );
}

#[test]
fn parquet_is_compared_by_its_types_and_not_by_its_writer() {
    use ::parquet::basic::Compression;
    let rows = [(1, Some(0.5), "a"), (2, None, "b"), (3, Some(1.5), "c")];
    let plain = parquet::tests::encode(&rows, Compression::UNCOMPRESSED);
    let packed = parquet::tests::encode(&rows, Compression::SNAPPY);
    assert_eq!(diff("x.parquet", &plain, &packed, &[]).class, Class::ContainerOnly);
    let mut other = rows;
    other[2].1 = Some(1.5 + f64::EPSILON);
    assert_eq!(
        sentence("x.parquet", &plain, &parquet::tests::encode(&other, Compression::SNAPPY), &["id"]),
        "row 3 (id=3), column `score`: 1.5 (0x3ff8000000000000) against 1.5000000000000002 (0x3ff8000000000001); 1 of 9 \
         values differs, rounding, at most 1 ULP"
    );
    other[1].1 = Some(0.5);
    assert_eq!(
        diff("x.parquet", &plain, &parquet::tests::encode(&other, Compression::SNAPPY), &[]).class,
        Class::Values
    );
    let turned = parquet::tests::encode(&[rows[2], rows[0], rows[1]], Compression::SNAPPY);
    for id in [&["id"][..], &[]] {
        assert_eq!(diff("x.parquet", &plain, &turned, id).class, Class::OrderOnly);
    }
}

#[test]
fn an_array_element_is_named_by_its_index() {
    let left = encode_f64(&[2, 3], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    let right = encode_f64(&[2, 3], &[0.0, 1.0, 2.0, 3.0, 4.5, 5.0]);
    assert_eq!(
        sentence("x.npy", &left, &right, &[]),
        "element [1, 1]: 4.0 (0x4010000000000000) against 4.5 (0x4012000000000000); 1 of 6 values differs, values, at \
         most 562949953421312 ULPs"
    );
    assert_eq!(
        sentence("x.npy", &left, &encode_f64(&[3, 2], &[0.0; 6]), &[]),
        "as a whole: f64[2, 3] against f64[3, 2]; shape"
    );
}

#[test]
fn memory_order_and_byte_order_of_an_array_are_its_container() {
    let words = |values: [u16; 6], big: bool| -> Vec<u8> {
        values
            .into_iter()
            .flat_map(|value| if big { value.to_be_bytes() } else { value.to_le_bytes() })
            .collect()
    };
    let plain = encode("<u2", false, &[2, 3], &words([1, 2, 3, 4, 5, 6], false));
    let fortran = encode("<u2", true, &[2, 3], &words([1, 4, 2, 5, 3, 6], false));
    let big = encode(">u2", false, &[2, 3], &words([1, 2, 3, 4, 5, 6], true));
    assert_eq!(
        sentence("x.npy", &plain, &fortran, &[]),
        "the same values; only the container differs; memory order (C or Fortran) differs"
    );
    assert_eq!(
        sentence("x.npy", &plain, &big, &[]),
        "the same values; only the container differs; byte order differs"
    );
    // In memory order [1, 0] comes first; in reading order it is [0, 1].
    let other = encode("<u2", true, &[2, 3], &words([1, 9, 8, 5, 3, 6], false));
    assert_eq!(
        diff("x.npy", &fortran, &other, &[]).place,
        Some(Place::Element { tensor: String::new(), index: vec![0, 1] })
    );
    assert_eq!(
        sentence("x.npy", &plain, &other, &[]),
        "element [0, 1]: 2 against 8; 2 of 6 values differ, labels; memory order (C or Fortran) differs"
    );
}

#[test]
fn every_kind_of_element_is_compared_as_what_it_is() {
    let class = |descr: &str, left: &[u8], right: &[u8]| {
        diff("x.npy", &encode(descr, false, &[1], left), &encode(descr, false, &[1], right), &[]).class
    };
    assert_eq!(class("|b1", &[0], &[1]), Class::Labels);
    assert_eq!(class("<f2", &[0, 0x3c], &[1, 0x3c]), Class::Rounding);
    assert_eq!(class("<f4", &1_f32.to_le_bytes(), &1.1_f32.to_le_bytes()), Class::Values);
    assert_eq!(class("<c8", &[0; 8], &[0, 0, 0, 0, 0, 0, 0, 128]), Class::ZeroSignOrNan);
    assert_eq!(class("<U1", &[97, 0, 0, 0], &[98, 0, 0, 0]), Class::Labels);
    assert_eq!(class("|V2", &[1, 2], &[1, 3]), Class::Bytes);
    let difference = diff("x.npy", &encode("|O", false, &[1], b"a"), &encode("|O", false, &[1], b"b"), &[]);
    assert_eq!(difference.class, Class::Bytes);
    assert!(difference.note.unwrap().contains("is a pickle"));
}

#[test]
fn arrays_in_a_zip_file_are_named() {
    let coef = |last: f64| encode_f64(&[2, 2], &[1.0, 2.0, 3.0, last]);
    let (left, right) = (coef(4.0), coef(4.0 + 4.0 * f64::EPSILON));
    let bias = encode_f64(&[], &[0.5]);
    let file = |coef: &[u8], deflated| pack(&[("coef.npy", coef), ("bias.npy", &bias)], deflated);
    assert_eq!(
        sentence("x.npz", &file(&left, false), &file(&right, true), &[]),
        "`coef`[1, 1]: 4.0 (0x4010000000000000) against 4.000000000000001 (0x4010000000000001); 1 of 5 values differs, \
         rounding, at most 1 ULP"
    );
    assert_eq!(
        sentence("x.npz", &file(&left, false), &file(&left, true), &[]),
        "the same values; only the container differs"
    );
    assert_eq!(
        sentence("x.npz", &file(&left, false), &pack(&[("coef.npy", &left)], false), &[]),
        "`bias`: present only in the first; 1 of 5 values differs, missing"
    );
}

#[test]
fn safetensors_are_compared_by_name() {
    let header = |made: &str| {
        format!(
            r#"{{"__metadata__":{{"made":"{made}"}},"w":{{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}}}"#
        )
    };
    let left = safetensors::tests::encode(&header("a"), &[0, 0x3c, 0, 0]);
    let right = safetensors::tests::encode(&header("b"), &[0, 0x3c, 0, 0]);
    assert_eq!(
        sentence("x.safetensors", &left, &right, &[]),
        "the same values; only the container differs; the texts under `__metadata__` differ"
    );
    let right = safetensors::tests::encode(&header("a"), &[0, 0x3c, 0, 0x80]);
    assert_eq!(
        sentence("x.safetensors", &left, &right, &[]),
        "`w`[1]: 0.0 (0x0000) against -0.0 (0x8000); 1 of 2 values differs, sign of zero or NaN payload"
    );
}

#[test]
fn torch_files_are_compared_by_the_names_in_their_pickle() {
    let left = torch::tests::encode("a", [0.0, 1.0, 2.0, 3.0, 4.0, 5.0], 7, false);
    let renamed = torch::tests::encode("b", [0.0, 1.0, 2.0, 3.0, 4.0, 5.0], 7, false);
    let strided = torch::tests::encode("b", [0.0, 3.0, 1.0, 4.0, 2.0, 5.0], 7, true);
    for same in [&renamed, &strided] {
        assert_eq!(diff("x.pt", &left, same, &[]).class, Class::ContainerOnly);
    }
    let other = torch::tests::encode("a", [0.0, 1.0, 2.0, 3.0, 4.5, 5.0], 7, false);
    assert_eq!(
        sentence("x.pt", &left, &other, &[]),
        "`layer.weight`[1, 1]: 4.0 (0x40800000) against 4.5 (0x40900000); 1 of 7 values differs, values, at most 1048576 ULPs"
    );
    let later = torch::tests::encode("a", [0.0, 1.0, 2.0, 3.0, 4.0, 5.0], 8, false);
    assert_eq!(sentence("x.pt", &left, &later, &[]), "`epoch`: 7 against 8; 1 of 7 values differs, labels");
}

#[test]
fn torch_files_whose_pickle_is_not_understood_are_compared_by_storage() {
    let file = |data: &[u8]| pack(&[("a/data.pkl", b"\x80\x02\xff"), ("a/data/0", data)], false);
    assert_eq!(
        sentence("x.pt", &file(b"abc"), &file(b"abd"), &[]),
        "`data/0`[2]: 0x63 against 0x64; 1 of 6 values differs, bytes; tensors have no names here, for pickle byte 2 \
         is not understood"
    );
}

#[test]
fn images_are_compared_by_pixel() {
    let samples: Vec<u8> = (0..36).collect();
    let mut other = samples.clone();
    other[3 * 5 + 1] += 4;
    let left = png::tests::encode(4, 3, &samples, ::png::Compression::Fastest);
    assert_eq!(
        sentence("x.png", &left, &png::tests::encode(4, 3, &other, ::png::Compression::Fastest), &[]),
        "pixel (1, 1): [15, 16, 17] against [15, 20, 17]; 1 of 12 pixels differs, values; samples differ by at most 4"
    );
    let packed = png::tests::encode(4, 3, &samples, ::png::Compression::High);
    assert_eq!(diff("x.png", &left, &packed, &[]).class, Class::ContainerOnly);
    let turned = png::tests::encode(3, 4, &samples, ::png::Compression::Fastest);
    assert_eq!(
        sentence("x.png", &left, &turned, &[]),
        "as a whole: 4 by 3 pixels, 8-bit Rgb against 3 by 4 pixels, 8-bit Rgb; shape"
    );
}

#[test]
fn json_is_compared_by_pointer() {
    let json = |left: &str, right: &str| sentence("x.json", left.as_bytes(), right.as_bytes(), &[]);
    assert_eq!(
        json(r#"{"a": 1, "b": [1.0, 2.5]}"#, r#"{"b":[1,2.50],"a":1}"#),
        "the same values; only the container differs; keys stand in another order; equal numbers are written differently"
    );
    assert_eq!(
        json(r#"{"m": {"a/b": [0.1, 0.5]}}"#, r#"{"m": {"a/b": [0.1, 0.75]}}"#),
        "`/m/a~1b/1`: 0.5 (0x3fe0000000000000) against 0.75 (0x3fe8000000000000); 1 of 2 values differs, values, at most \
         2251799813685248 ULPs"
    );
    assert_eq!(json("[1, 2]", "[1, 3]"), "`/1`: 2 against 3; 1 of 2 values differs, labels");
    assert_eq!(
        json("[1]", "[1, {}]"),
        "`/1`: an object of 0 only in the second; 1 of 2 values differs, shape; the document: 1 item on one side, 2 items on the other"
    );
    assert_eq!(
        json(r#"{"a":1,"b":2}"#, r#"{"a":1}"#),
        "`/b`: 2 only in the first; 1 of 2 values differs, missing"
    );
    assert_eq!(
        json("12345678901234567890123", "12345678901234567890124"),
        "the document: 12345678901234567890123 against 12345678901234567890124; 1 of 1 values differs, labels"
    );
    assert_eq!(
        json("[0.0, 1.0]", "[1.1e-16, 1.0]").split("; ").nth(1).unwrap(),
        "1 of 2 values differs, rounding, at most 4367597403136100796 ULPs"
            .replace("4367597403136100796", &1.1e-16_f64.to_bits().to_string())
    );
    assert_eq!(diff("x.json", b"[NaN]", b"[1.5]", &[]).class, Class::Values);
    assert_eq!(diff("x.json", b"[null]", b"[1.5]", &[]).class, Class::Shape);
}

#[test]
fn json_lines_are_compared_line_by_line() {
    let lines = |left: &str, right: &str| sentence("x.jsonl", left.as_bytes(), right.as_bytes(), &[]);
    assert_eq!(
        lines("{\"id\":1}\n{\"id\":2}\n", "{\"id\":2}\n{\"id\": 1}\n"),
        "line 1 stands elsewhere; 2 of 2 lines differ, order only"
    );
    assert_eq!(
        lines("{\"id\":1,\"p\":0.5}\n", "{\"p\":0.25,\"id\":1}\n"),
        "line 1, `/p`: 0.5 (0x3fe0000000000000) against 0.25 (0x3fd0000000000000); 1 of 1 lines differs, values, at most \
         4503599627370496 ULPs; `line 1`: keys stand in another order"
    );
    assert_eq!(
        lines("1\n", "1\n2\n"),
        "line 2: 2 only in the second; 1 of 2 lines differs, shape; 1 line on one side, 2 lines on the other"
    );
    assert_eq!(diff("x.jsonl", b"{\"a\":1}\n", b"{ \"a\": 1 }", &[]).class, Class::ContainerOnly);
}

#[test]
fn text_is_compared_by_line() {
    let text = |left: &str, right: &str| sentence("x.txt", left.as_bytes(), right.as_bytes(), &[]);
    assert_eq!(text("a\nb\n", "a\nc\n"), "line 2: \"b\" against \"c\"; 1 of 2 lines differs, labels");
    assert_eq!(
        text("a\nb\nc\n", "c\na\nb\n"),
        "line 1: \"a\" against \"c\"; 3 of 3 lines differ, order only"
    );
    assert_eq!(
        text("a\n", "a\r\n"),
        "the same values; only the container differs; lines end in `\\r\\n` on one side only"
    );
    assert_eq!(
        text("a\n", "a\nb\n"),
        "line 2: \"b\" only in the second; 1 of 2 lines differs, shape; 1 line on one side, 2 lines on the other"
    );
}

#[test]
fn opaque_files_are_compared_by_byte_and_pickles_are_named() {
    assert_eq!(
        sentence("x.bin", b"abc", b"abd", &[]),
        "byte 2: 0x63 against 0x64; 1 of 3 bytes differs, bytes"
    );
    assert_eq!(
        sentence("x.bin", b"abc", b"abcd", &[]),
        "byte 3: 0x64 only in the second; 1 of 4 bytes differs, bytes; 3 bytes on one side, 4 bytes on the other"
    );
    assert!(sentence("x.pkl", b"a", b"b", &[]).ends_with("; pickle files are compared byte by byte"));
    assert!(sentence("x.onnx", b"a", b"b", &[]).ends_with("; onnx files are compared byte by byte"));
}

#[test]
fn what_cannot_be_parsed_is_compared_byte_by_byte_and_the_note_says_which_side() {
    let good = encode_f64(&[1], &[1.0]);
    let note = "compared byte by byte, for the second is no valid npy: malformed npy: ends within its header";
    let difference = diff("x.npy", &good, b"", &[]);
    assert_eq!((difference.class, difference.note.as_deref()), (Class::Bytes, Some(note)));
    for name in
        ["x.csv", "x.parquet", "x.json", "x.jsonl", "x.npz", "x.safetensors", "x.pt", "x.png", "x.txt"]
    {
        let difference = diff(name, b"\xff\xfe", b"\xff\xfd", &[]);
        assert_eq!(difference.class, Class::Bytes, "{name}");
        assert!(difference.note.unwrap().contains("the first is no valid"), "{name}");
    }
}

#[test]
fn a_corrupt_zip_entry_is_found_by_its_checksum() {
    let good = pack(&[("w.npy", &encode_f64(&[2], &[1.0, 2.0]))], false);
    let mut bad = good.clone();
    let place = bad.windows(8).position(|window| window == 2.0_f64.to_le_bytes()).unwrap();
    bad[place] = 1;
    let difference = diff("x.npz", &good, &bad, &[]);
    assert_eq!(difference.class, Class::Bytes);
    assert!(difference.note.unwrap().contains("hecksum"));
}

#[test]
fn an_artifact_that_cannot_be_read_is_an_error() {
    let pair = pair("x.csv", b"a\n1\n", b"a\n2\n", &[]);
    fs::remove_file(&pair.right.path).unwrap();
    let error = compare(&pair.left, &pair.right).unwrap_err();
    assert!(
        error.to_string().ends_with("x.csv`: cannot open: No such file or directory (os error 2)"),
        "{error}"
    );
    assert!(!error.hint().is_empty());
}

fn tree(files: &[(&str, &[u8])]) -> (TempDir, Artifact) {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let artifact = Artifact::at(dir.path().to_path_buf(), Format::Tree, Vec::new()).unwrap();
    (dir, artifact)
}

#[test]
fn directories_are_compared_file_by_file() {
    let (_first, left) = tree(&[("a/b.csv", b"x,y\n1,2\n"), ("a/c.txt", b"c\n"), ("d.bin", b"d")]);
    let (_second, right) = tree(&[("a/b.csv", b"x,y\n1,3\n"), ("a/c.txt", b"c\r\n"), ("e.bin", b"e")]);
    assert_eq!(
        compare(&left, &right).unwrap().sentence(),
        "file `a/b.csv`: row 1, column `y`: 2 against 3; 4 of 5 files differ, missing; `a/c.txt`: lines end in `\\r\\n` on \
         one side only"
    );
    assert_eq!(compare(&right, &left).unwrap().class, Class::Missing);
    let (_third, copy) = tree(&[("a/b.csv", b"x,y\n1,2\n"), ("a/c.txt", b"c\n"), ("d.bin", b"d")]);
    assert_eq!(compare(&left, &copy).unwrap(), Difference::identical());
}

#[cfg(unix)]
#[test]
fn links_in_directories_are_compared_by_their_targets() {
    let (first, _) = tree(&[]);
    let (second, _) = tree(&[]);
    std::os::unix::fs::symlink("one", first.path().join("link")).unwrap();
    std::os::unix::fs::symlink("two", second.path().join("link")).unwrap();
    let at = |dir: &Path| Artifact::at(dir.to_path_buf(), Format::Tree, Vec::new()).unwrap();
    assert_eq!(
        compare(&at(first.path()), &at(second.path())).unwrap().sentence(),
        "file `link`: link to `one` against link to `two`; 1 of 1 files differs, labels"
    );
}

#[test]
fn each_relation_allows_its_classes() {
    let cases: [(&str, &str, Class, [bool; 3]); 4] = [
        ("a\n1\n", "a\n1\n", Class::Identical, [true, true, false]),
        ("a\n1\n", "a\r\n1\r\n", Class::ContainerOnly, [false, true, false]),
        ("a\n1\n2\n", "a\n2\n1\n", Class::OrderOnly, [false, true, true]),
        ("a\n1\n", "a\n2\n", Class::Labels, [false, false, true]),
    ];
    for (left, right, class, holds) in cases {
        let pair = pair("x.csv", left.as_bytes(), right.as_bytes(), &[]);
        let relations: [&dyn Relation; 3] = [&SameBits, &SameRows, &DifferentBits];
        for (relation, expected) in relations.into_iter().zip(holds) {
            let finding = relation.check(&pair.left, &pair.right).unwrap();
            assert_eq!((finding.difference.class, finding.holds), (class, expected), "{}", relation.name());
            assert_eq!(finding.relation, relation.name());
        }
    }
    assert_eq!(RELATIONS.len(), 3);
}

/// A table of ids and floats as CSV.
fn table(rows: &[(u32, f64)]) -> String {
    rows.iter().fold("id,p\n".to_owned(), |text, (id, p)| format!("{text}{id},{p:?}\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn anything_is_identical_to_itself(bytes in any::<Vec<u8>>()) {
        for name in ["x.csv", "x.npy", "x.json", "x.bin"] {
            prop_assert_eq!(diff(name, &bytes, &bytes, &[]).class, Class::Identical);
        }
    }

    #[test]
    fn permuted_rows_are_order_only_and_same_rows_holds(
        values in proptest::collection::vec(-1e6_f64..1e6, 2..20),
        seed in any::<u64>(),
    ) {
        let rows: Vec<(u32, f64)> = (0..).zip(values).collect();
        let mut turned = rows.clone();
        let by = usize::try_from(seed % rows.len() as u64).unwrap();
        turned.rotate_left(by);
        for id in [&["id"][..], &[]] {
            let pair = pair("x.csv", table(&rows).as_bytes(), table(&turned).as_bytes(), id);
            let finding = SameRows.check(&pair.left, &pair.right).unwrap();
            let expected = if by == 0 { Class::Identical } else { Class::OrderOnly };
            prop_assert_eq!(finding.difference.class, expected);
            prop_assert!(finding.holds);
        }
    }

    #[test]
    fn one_changed_cell_is_found_exactly_there(
        values in proptest::collection::vec(-1e6_f64..1e6, 1..20),
        place in any::<prop::sample::Index>(),
        rotation in any::<prop::sample::Index>(),
    ) {
        let rows: Vec<(u32, f64)> = (0..).zip(values).collect();
        let changed = place.index(rows.len());
        let mut other = rows.clone();
        other[changed].1 += 1e7;
        other.rotate_left(rotation.index(rows.len()));
        let difference = diff("x.csv", table(&rows).as_bytes(), table(&other).as_bytes(), &["id"]);
        let expected = Place::Cell {
            row: changed as u64 + 1,
            key: Some(format!("id={changed}")),
            column: "p".to_owned(),
        };
        prop_assert_eq!(difference.place, Some(expected));
        prop_assert_eq!((difference.differing, difference.class), (1, Class::Values));
    }

    #[test]
    fn one_changed_element_is_found_exactly_there(
        shape in proptest::collection::vec(1_u64..5, 0..4),
        place in any::<prop::sample::Index>(),
        fortran in any::<bool>(),
    ) {
        let count = shape.iter().product::<u64>();
        let changed = place.index(usize::try_from(count).unwrap());
        let data: Vec<u8> = (0..count).flat_map(u64::to_le_bytes).collect();
        let mut other = data.clone();
        other[8 * changed + 7] = 1;
        let file = |data: &[u8]| encode("<u8", fortran, &shape, data);
        let difference = diff("x.npy", &file(&data), &file(&other), &[]);
        let mut index = Vec::new();
        let mut rest = changed as u64;
        let lengths: Vec<u64> = if fortran { shape.clone() } else { shape.iter().rev().copied().collect() };
        for length in lengths {
            index.push(rest % length);
            rest /= length;
        }
        if !fortran {
            index.reverse();
        }
        prop_assert_eq!(difference.place, Some(Place::Element { tensor: String::new(), index }));
        prop_assert_eq!((difference.differing, difference.compared), (1, count));
    }

    #[test]
    fn no_two_files_make_a_comparison_panic(left in "[a1,.\"\n-]{0,30}", right in "[a1,.\"\n-]{0,30}") {
        for name in ["x.csv", "x.json", "x.jsonl", "x.txt", "x.bin"] {
            let difference = diff(name, left.as_bytes(), right.as_bytes(), &[]);
            prop_assert_eq!(difference.class == Class::Identical, left == right);
            let _ = difference.sentence();
        }
    }

    #[test]
    fn a_keyed_comparison_of_any_two_tables_accounts_for_every_row(
        left in proptest::collection::vec((0_u32..6, 0_u8..3), 0..8),
        right in proptest::collection::vec((0_u32..6, 0_u8..3), 0..8),
    ) {
        let text = |rows: &[(u32, u8)]| {
            rows.iter().fold("id,p\n".to_owned(), |text, (id, p)| format!("{text}{id},{p}\n"))
        };
        let difference = diff("x.csv", text(&left).as_bytes(), text(&right).as_bytes(), &["id"]);
        let sorted = |rows: &[(u32, u8)]| { let mut rows = rows.to_vec(); rows.sort_by_key(|row| row.0); rows };
        let same = sorted(&left) == sorted(&right);
        prop_assert_eq!(difference.class <= Class::OrderOnly, same, "{}", difference.sentence());
    }
}
