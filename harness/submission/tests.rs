//! Whole files: what must pass in silence, and what must be found and nothing beside it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::*;
use crate::rule::Severity;

/// A folder with a submission and what it is compared with.
struct Files {
    folder: tempfile::TempDir,
    wish: Wish,
}

impl Files {
    fn new(submission: &[u8], sample: Option<&[u8]>, test: Option<&[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        write("submission.csv", submission);
        let wish = Wish {
            sample: sample.map(|bytes| write("sample.csv", bytes)),
            test: test.map(|bytes| write("test.csv", bytes)),
            ..Wish::default()
        };
        Self { folder, wish }
    }

    fn beside(submission: &str, sample: &str) -> Self {
        Self::new(submission.as_bytes(), Some(sample.as_bytes()), None)
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("submission.csv")
    }

    fn look(&self) -> Looked {
        check(&self.path(), &self.wish).unwrap()
    }

    fn rules(&self) -> BTreeSet<String> {
        let problems = self.look().problems.into_iter();
        problems.map(|problem| problem.rule.trim_start_matches("submission/").to_owned()).collect()
    }
}

fn set(names: &str) -> BTreeSet<String> {
    names.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn valid_submissions_in_every_dialect_pass_in_silence() {
    for (what, submission, sample) in [
        ("labels", "id,class\n1,cat\n2,dog\n", "id,class\n1,cat\n2,cat\n"),
        ("a class called None", "id,class\n1,None\n2,dog\n", "id,class\n1,cat\n2,cat\n"),
        ("several labels", "image_id,l\na,1 2 3\nb,\n", "image_id,l\na,1 2\nb,1 2\n"),
        ("several labels for a placeholder", "Id,l\na,0 16 25\nb,3\n", "Id,l\na,0\nb,0\n"),
        ("quoted labels", "image_id,l\na,\"1 2 3\"\nb,\"4\"\n", "image_id,l\na,\"1 2\"\nb,\"1\"\n"),
        ("masks", "id,rle\na,1 3 10 5\nb,\n", "id,rle\na,\nb,\n"),
        ("masks for a placeholder", "id,rle\na,1 3 10 5\nb,\n", "id,rle\na,1 1\nb,1 1\n"),
        (
            "detections",
            "id,p\na,opacity 0.9 0 0 1 1\nb,none 1 0 0 1 1\n",
            "id,p\na,none 1 0 0 1 1\nb,none 1 0 0 1 1\n",
        ),
        ("probabilities", "id,a,b\n1,0.25,0.75\n2,0.1,0.9\n", "id,a,b\n1,0.5,0.5\n2,0.5,0.5\n"),
        (
            "dates",
            "date,y\n2020-01-01 00:00:00,1\n2020-01-02 00:00:00,2\n",
            "date,y\n2020-01-01 00:00:00,0\n2020-01-02 00:00:00,0\n",
        ),
        ("two ids", "shop,item,y\n1,1,5\n1,2,6\n2,1,7\n", "shop,item,y\n1,1,0\n1,2,0\n2,1,0\n"),
        ("negative values", "id,y\n1,-4.5\n2,-1e-07\n", "id,y\n1,0\n2,0\n"),
        ("whole numbers as floats", "id,y\n1,1.0\n2,0.0\n", "id,y\n1,0\n2,0\n"),
        ("floats as whole numbers", "id,y\n1,1\n2,0\n", "id,y\n1,0.5\n2,0.5\n"),
        (
            "odd spellings of numbers",
            "id,y\n1,+1\n2,.5\n3,1.\n4,-0\n5,1E+05\n",
            "id,y\n1,0\n2,0\n3,0\n4,0\n5,0\n",
        ),
        ("CRLF as in the sample", "id,y\r\n1,5\r\n", "id,y\r\n1,0\r\n"),
        ("LF beside a sample with CRLF", "id,y\n1,5\n", "id,y\r\n1,0\r\n"),
        ("no final newline as in the sample", "id,y\n1,5", "id,y\n1,0"),
        ("a final newline beside a sample without", "id,y\n1,5\n", "id,y\n1,0"),
        ("a mark as in the sample", "\u{feff}id,y\n1,5\n", "\u{feff}id,y\n1,0\n"),
        ("no mark beside a sample with one", "id,y\n1,5\n", "\u{feff}id,y\n1,0\n"),
        ("no rows", "id,y\n", "id,y\n"),
        ("tabs", "id\ty\n1\t5\n", "id\ty\n1\t0\n"),
        ("semicolons", "id;y\n1;0.5\n", "id;y\n1;0.0\n"),
        ("semicolons and decimal commas", "id;y\n1;0,5\n", "id;y\n1;0,0\n"),
        ("blanks as in the sample", "id, y\n1, 5\n", "id, y\n1, 0\n"),
        ("quoted throughout", "\"id\",\"y\"\n\"1\",\"5\"\n", "id,y\n1,0\n"),
        ("not quoted beside a quoted sample", "id,y\n1,5\n", "\"id\",\"y\"\n\"1\",\"0\"\n"),
        ("a newline in a text", "id,y\n1,\"a\nb\"\n2,\"c, \"\"d\"\"\"\n", "id,y\n1,x\n2,y\n"),
        ("one column", "y\n5\n6\n", "y\n0\n0\n"),
        ("no header", "1,5\n2,6\n", "1,0\n2,0\n"),
        ("no header and texts for ids", "a1,5\na2,6\n", "a1,0\na2,0\n"),
        ("a sample without rows", "id,y\n1,5\n1,6\n", "id,y\n"),
        ("an unnamed column as in the sample", ",id,y\n0,a,5\n1,b,6\n", ",id,y\n0,a,0\n1,b,0\n"),
        ("classes named by numbers", "id,0,1\na,0.1,0.9\n", "id,0,1\na,0.5,0.5\n"),
        ("repeated ids as in the sample", "id,t,y\na,1,5\na,2,6\n", "id,t,y\na,1,0\na,2,0\n"),
        ("missing values as in the sample", "id,y\n1,\n2,5\n", "id,y\n1,\n2,0\n"),
        ("a trailing comma as in the sample", "id,y,\n1,5,\n", "id,y,\n1,0,\n"),
        ("letters of all scripts", "id,y\nä,猫\nб,🙂\n", "id,y\nä,x\nб,x\n"),
        ("truth values", "id,y\n1,True\n2,False\n", "id,y\n1,False\n2,False\n"),
    ] {
        let looked = Files::beside(submission, sample).look();
        assert!(looked.problems.is_empty(), "{what}: {:#?}", looked.problems);
        assert!(looked.checked[0].contains("sha256"), "{what}");
    }
}

#[test]
fn one_cause_is_one_problem() {
    let sample = "id,y\n1,0.5\n2,0.5\n3,0.5\n";
    for (submission, expected) in [
        ("\u{feff}id,y\n1,5\n2,6\n3,7\n", "bom"),
        ("id;y\n1;5\n2;6\n3;7\n", "delimiter"),
        ("id\ty\n1\t5\n2\t6\n3\t7\n", "delimiter"),
        ("id;y\n1;0,5\n2;0,6\n3;0,7\n", "delimiter decimal-comma"),
        ("id,y\r1,5\r2,6\r3,7\r", "line-end"),
        ("id,y\r\r\n1,5\r\r\n2,6\r\r\n3,7\r\r\n", "line-end"),
        ("id,y\r\n1,5\n2,6\r\n3,7\n", "line-end"),
        ("id,y\n1,5\n2,6\n3,7", "final-newline"),
        ("id,y\n1,5\n2,6\n3,7\n\n\n", "final-newline"),
        ("id,y\n\n1,5\n2,6\n \n3,7\n", "blank-line"),
        ("id,y,\n1,5,\n2,6,\n3,7,\n", "trailing-comma"),
        ("id,y\n1,5,\n2,6,\n3,7,\n", "trailing-comma"),
        ("id,y\n1,5\n2,\"6\n3,7\n", "quote"),
        ("id,y\n1,0,5\n2,0,6\n3,0,7\n", "decimal-comma"),
        ("id,y\n0,1,5\n1,2,6\n2,3,7\n", "index-column"),
        ("Unnamed: 0,id,y\n0,1,5\n1,2,6\n2,3,7\n", "index-column"),
        ("id,y\n3,5\n2,6\n1,7\n", "order"),
        ("y,id\n5,1\n6,2\n7,3\n", "header"),
        ("1,5\n2,6\n3,7\n", "header"),
        ("id,z\n1,5\n2,6\n3,7\n", "header"),
        ("id\n1\n2\n3\n", "header"),
        ("id,y,z\n1,5,0\n2,6,0\n3,7,0\n", "header"),
        ("id,y\n", "id-missing"),
        ("id,y\n7,5\n8,6\n9,7\n", "id-missing"),
        ("id,y\n1.0,5\n2.0,6\n3.0,7\n", "id-type"),
        ("id,y\n1 ,5\n2 ,6\n3 ,7\n", "whitespace"),
        ("id,y\n1,5\n2,1e400\n3,-inf\n", "not-finite"),
        ("id,y\n1,5\n2,NULL\n3,<NA>\n", "empty-value"),
        ("id,y\n1,5\n2,\u{ff11}\n3,\"1,234.5\"\n", "not-a-number"),
        ("id,y\n1,5\n2,1 234\n3,7\n", "not-a-number"),
        ("id,y\n1,5\n2,\"6,5\"\n3,7\n", "decimal-comma"),
        ("id,y\n1,5\n2,6\n2,6\n3,7\n3,7\n", "id-duplicate"),
        ("id,y\n1,5\n3,7\n", "id-missing"),
        ("id,y\n1,5\n2,6\n3,7\n4,8\n", "id-extra"),
        ("", "size"),
        ("id,y\n1,5\0\n2,6\n3,7\n", "nul"),
        (
            "\u{feff}ID,y\r\n2,nan\r\n1,5\r\n\r\n",
            "bom header line-end not-finite order id-missing final-newline",
        ),
    ] {
        let files = Files::beside(submission, sample);
        assert_eq!(files.rules(), set(expected), "{submission:?}: {:#?}", files.look().problems);
    }
}

#[test]
fn other_encodings_end_the_matter() {
    let utf16: Vec<u8> = "id,y\n1,5\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let sample = b"id,y\n1,0\n".as_slice();
    assert_eq!(Files::new(&utf16, Some(sample), None).rules(), set("encoding"));
    assert_eq!(Files::new(b"PAR1\x15", Some(sample), None).rules(), set("encoding"));
    let latin = Files::new(b"id,y\ncaf\xe9,5\n", Some("id,y\ncafé,0\n".as_bytes()), None);
    assert_eq!(latin.rules(), set("encoding"));
}

#[test]
fn packed_files_are_looked_into() {
    use std::io::Write as _;
    let text = b"id,y\n1,5\n2,nan\n".as_slice();
    let sample = Some(b"id,y\n1,0\n2,0\n".as_slice());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text).unwrap();
    assert_eq!(Files::new(&gzip.finish().unwrap(), sample, None).rules(), set("not-finite"));
    for (others, expected) in [(&["__MACOSX/._sub.csv"][..], "not-finite"), (&["other.csv"], "encoding")] {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for name in others.iter().chain(&["sub.csv"]) {
            archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            archive.write_all(text).unwrap();
        }
        let bytes = archive.finish().unwrap().into_inner();
        assert_eq!(Files::new(&bytes, sample, None).rules(), set(expected), "{others:?}");
    }
    for cut in [&b"\x1f\x8b\x08\0"[..], b"\x1f\x8b", b"\x1f\x8bxyz"] {
        assert_eq!(Files::new(cut, sample, None).rules(), set("encoding"), "{cut:?}");
    }
}

#[test]
fn parquet_is_looked_into_by_value() {
    use polars::prelude::{DataFrame, NamedFrom as _, ParquetWriter, Series};
    let parquet = |ids: Series, values: &[f64]| {
        let columns = vec![ids.into(), Series::new("y".into(), values).into()];
        let mut frame = DataFrame::new_infer_height(columns).unwrap();
        let mut bytes = Vec::new();
        ParquetWriter::new(&mut bytes).finish(&mut frame).unwrap();
        bytes
    };
    let sample = Some(b"id,y\n007,0.5\n008,0.5\n".as_slice());
    let text = |ids: [&str; 2]| Series::new("id".into(), ids);
    assert_eq!(Files::new(&parquet(text(["007", "008"]), &[0.25, 0.5]), sample, None).rules(), set(""));
    let lost = parquet(Series::new("id".into(), [7_i64, 8]), &[0.25, f64::INFINITY]);
    assert_eq!(Files::new(&lost, sample, None).rules(), set("id-type not-finite"));
    assert_eq!(Files::new(&parquet(text(["008", "007"]), &[0.25, 0.5]), sample, None).rules(), set("order"));
}

#[test]
fn problems_name_the_first_line_and_count_the_places() {
    let files = Files::beside("id,y\n1,nan\n2,5\n3,inf\n", "id,y\n1,0\n2,0\n3,0\n");
    let problems = files.look().problems;
    let problem = &problems[0];
    assert_eq!((problem.line, problem.value.as_deref(), problem.count), (Some(2), Some("nan"), 2));
    assert_eq!(problem.message, "the value is not finite in column `y`");
}

#[test]
fn the_test_file_names_the_ids_in_whatever_column_they_stand() {
    let test = Some(b"x,id\n0.1,b\n0.2,a\n".as_slice());
    assert_eq!(Files::new(b"id,y\na,5\nb,6\n", None, test).rules(), set(""));
    assert_eq!(Files::new(b"id,y\na,5\nc,6\n", None, test).rules(), set("id-missing id-extra"));
    // Where nothing is to be predicted, nothing is missing.
    let nothing = Some(b"x,id\n".as_slice());
    assert_eq!(Files::new(b"id,y\n", Some(b"id,y\na,0\n"), nothing).rules(), set(""));
    assert_eq!(Files::new(b"id,y\n", None, nothing).rules(), set(""));
    // A sample that is only an excerpt says nothing about which rows are wanted.
    let excerpt = Some(b"id,y\na,0\n".as_slice());
    assert_eq!(Files::new(b"id,y\nb,5\na,6\n", excerpt, test).rules(), set(""));
    // Names of its own are no contradiction.
    let other = Some(b"key,x\nq,1\n".as_slice());
    let files = Files::new(b"id,y\na,5\n", excerpt, other);
    assert_eq!(files.rules(), set(""));
    assert!(files.look().not_checked[0].contains("`--id NAME`"));
}

#[test]
fn without_anything_to_compare_with_only_the_bytes_are_judged() {
    for (submission, expected) in [
        ("id,y\n1,0.5\n2,0.7\n", ""),
        ("y\n1\n2\n", ""),
        ("id;y\n1;0.5\n", ""),
        ("id,y\n1,0.5\n2,nan\n3,0.1\n", "not-finite"),
        ("id,name\n1,\n2,x\n", ""),
        (",y\n0,5\n1,6\n", "index-column"),
        ("id,y\r\n1,5\r\n", "line-end"),
        ("id,y\n1,5\n2\n", "ragged"),
    ] {
        let files = Files::new(submission.as_bytes(), None, None);
        assert_eq!(files.rules(), set(expected), "{submission:?}");
        assert!(files.look().not_checked[0].contains("--sample"));
    }
    let crlf = Files::new(b"id,y\r\n1,5\r\n", None, None).look().problems;
    assert_eq!(crlf[0].severity, Severity::Warning);
}

#[test]
fn what_is_declared_comes_before_the_sample() {
    let look = |submission: &str, change: &dyn Fn(&mut Wish)| {
        let mut files = Files::beside(submission, "id,y\r\n1,0\r\n2,0\r\n");
        change(&mut files.wish);
        files.rules()
    };
    assert_eq!(look("id,y\r\n1,5\r\n2,6\r\n", &|wish| wish.line_end = Some(LineEnd::Lf)), set("line-end"));
    assert_eq!(look("id,y\r\n2,5\r\n1,6\r\n", &|wish| wish.order = Some(Order::Any)), set(""));
    assert_eq!(look("id,y\r\n2,5\r\n1,6\r\n", &|wish| wish.order = Some(Order::Id)), set("order"));
    assert_eq!(look("id,y\r\n1,\r\n2,6\r\n", &|wish| wish.null = vec![String::new()]), set(""));
    assert_eq!(look("id,y\r\n1,5\r\n1,6\r\n2,6\r\n", &|wish| wish.ids_repeat = true), set(""));
    assert_eq!(
        look("id,y\r\n1,5\r\n2,6\r\n", &|wish| wish.final_newline = Some(FinalNewline::None)),
        set("final-newline")
    );
    assert_eq!(look("id,y\r\n1,5\r\n2,6\r\n", &|wish| wish.bytes_max = Some(3)), set("size"));
    let range = Range { column: Some("y".to_owned()), low: 0.0, high: 5.0 };
    assert_eq!(look("id,y\r\n1,5\r\n2,6\r\n", &|wish| wish.ranges = vec![range.clone()]), set("range"));
}

#[test]
fn sums_are_worth_a_look_where_nearly_all_rows_sum_to_one() {
    let rows = |odd: &str| {
        let row = |id: usize| {
            if id == 7 {
                format!("{id},{odd}\n")
            } else {
                format!("{id},0.{},0.{}\n", id % 9 + 1, 9 - id % 9)
            }
        };
        format!("id,a,b\n{}", (0..40).map(row).collect::<String>())
    };
    let sample = rows("0,0").replace("0.", "0.0");
    assert_eq!(Files::beside(&rows("0.5,0.5"), &sample).rules(), set(""));
    let files = Files::beside(&rows("0.9,0.5"), &sample);
    assert_eq!(files.rules(), set("probability-sum"));
    assert_eq!(files.look().problems[0].severity, Severity::Warning);
}

#[test]
fn a_copy_differs_in_format_only() {
    let sample = "id,a,b\n1,0,0\n2,0,0\n3,0,0\n";
    let files = Files::beside(
        "\u{feff},b,id,a,\r\n0, 0.10,3,7.,\r\n\r\n1,0.2,1,8e0,\r\n2,-0.30,2,9,\r\n\r\n",
        sample,
    );
    let out = files.folder.path().join("out.csv");
    let mended = mend(&files.path(), &files.wish, &out).unwrap();
    assert!(mended.looked.problems.is_empty(), "{:?}", mended.looked.problems);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "id,a,b\n1,8e0,0.2\n2,9,-0.30\n3,7.,0.10\n");
    assert_eq!(mended.did.len(), 9, "{:?}", mended.did);
    let again = mend(&files.path(), &files.wish, &out).unwrap_err();
    assert!(again.to_string().ends_with("exists"));
}

#[test]
fn quotes_stay_in_a_copy_and_another_delimiter_brings_them() {
    let files = Files::beside("id;t\r\n2;\"a;\"\"b\"\r\n1;c,d\r\n", "id,t\n1,x\n2,x\n");
    let out = files.folder.path().join("out.csv");
    mend(&files.path(), &files.wish, &out).unwrap();
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "id,t\n1,\"c,d\"\n2,\"a;\"\"b\"\n");
}

#[test]
fn nothing_is_written_where_values_are_wrong_or_would_change() {
    let sample = "id,y\n1,0\n2,0\n";
    for (submission, decimals) in [
        ("\u{feff}id,y\n1,nan\n2,5\n", None),
        ("\u{feff}ID,y\n1,5\n2,5\n", None),
        ("id,y\n2,5\n1,5\n1,5\n", None),
        ("id,y\n1,0.126\n2,0.50\n", Some(2)),
        ("id,y\n1,5\n2,5\n", None),
    ] {
        let mut files = Files::beside(submission, sample);
        files.wish.decimals = decimals;
        let out = files.folder.path().join("out.csv");
        let mended = mend(&files.path(), &files.wish, &out).unwrap();
        assert!(mended.did.is_empty(), "{submission:?}: {:?}", mended.did);
        let names: Vec<_> = std::fs::read_dir(files.folder.path())
            .unwrap()
            .flatten()
            .map(|entry| entry.file_name())
            .collect();
        assert_eq!(names.len(), 2, "{submission:?}: {names:?}");
    }
    let mut files = Files::beside("id,y\n1,5e-1\n2,.7\n", sample);
    files.wish.decimals = Some(2);
    let out = files.folder.path().join("out.csv");
    assert_eq!(mend(&files.path(), &files.wish, &out).unwrap().did.len(), 1);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "id,y\n1,0.50\n2,0.70\n");
}

#[test]
fn what_cannot_be_read_is_an_error_that_names_the_file() {
    let files = Files::beside("id,y\n1,5\n", "id,y\n1,0\n");
    let missing = files.folder.path().join("missing.csv");
    assert!(check(&missing, &files.wish).unwrap_err().to_string().contains("missing.csv"));
    assert!(check(files.folder.path(), &files.wish).unwrap_err().to_string().contains("a directory"));
    let wish = Wish { id: vec!["key".to_owned()], ..files.wish.clone() };
    let error = check(&files.path(), &wish).unwrap_err();
    assert!(error.to_string().ends_with("has no column `key`"));
    assert_eq!(error.hint(), "its columns: id, y");
    #[cfg(unix)]
    {
        let link = files.folder.path().join("link.csv");
        std::os::unix::fs::symlink(files.path(), &link).unwrap();
        assert!(check(&link, &files.wish).unwrap().problems.is_empty());
        let broken = files.folder.path().join("broken.csv");
        std::os::unix::fs::symlink("nowhere", &broken).unwrap();
        assert!(check(&broken, &files.wish).is_err());
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_checks_panic(submission: Vec<u8>, text in "[ab01,;\"\n\r. ]{0,40}") {
        let sample = b"id,y\n1,0\n".as_slice();
        Files::new(&submission, Some(sample), None).look();
        Files::new(text.as_bytes(), Some(sample), Some(sample)).look();
        Files::new(text.as_bytes(), None, None).look();
    }
}
