use super::render;
use crate::report::Report;

#[test]
fn an_empty_report_is_a_page_that_says_so() {
    let page = render(&Report::new(Vec::new()));
    assert!(page.contains("No audit was run."), "{page}");
}
