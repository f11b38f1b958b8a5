//! HTML reports in a real browser: at three widths, light and dark, with the keyboard, and printed.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::chromium::{Browser, program};
use crate::support::{Project, alive, wait_until};

/// What is looked at in a page.
const LOOK: &str = include_str!("page.js");
/// A report with every part that a page can have.
const FULL: &str = include_str!("../reports/full.json");
/// A telephone, a tablet, a desk.
const WIDTHS: [u32; 3] = [360, 768, 1280];

/// The elements that the Tab key must reach, in their order.
const REACHED: &str = "window.wanted = [...document.querySelectorAll('a[href], summary, [tabindex=\"0\"]')]
    .filter((one) => one.checkVisibility());
  window.seen = [];
  document.addEventListener('focusin', (event) => {
    const style = getComputedStyle(event.target);
    const shown = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    window.seen.push([window.wanted.indexOf(event.target), shown, event.target.outerHTML.slice(0, 80)]);
  });
  window.wanted.length";

/// What printing would leave out.
const FOLDED: &str = "[...document.querySelectorAll('details > :not(summary)')]
    .filter((one) => one.getBoundingClientRect().height === 0).map((one) => one.outerHTML.slice(0, 80))";

/// Names of all elements, in their order.
const ELEMENTS: &str = "[...document.body.querySelectorAll('*')].map((one) => one.localName)";

/// Faults of a page, each put before the end of its main part, and what must be said of it.
const PLANTED: &[(&str, &str)] = &[
    ("<p style='width:2000px'>wide</p>", "scrolls sideways"),
    ("<p style='color:#999'>pale</p>", "contrast"),
    (
        "<svg role='img' aria-labelledby='t9' width='90' height='30'><title id='t9'>x</title><rect width='90' height='30' fill='#333'></rect><text x='5' y='20' fill='#000'>dark</text></svg>",
        "contrast",
    ),
    ("<p style='font-size:7px'>tiny</p>", "letters of 7 px"),
    ("<script>console.error('broken')</script>", "console"),
    ("<img src='other.png' alt=''>", "fetched"),
    ("<h6>too deep</h6>", "left out"),
    ("<svg width='9' height='9'></svg>", "without a name"),
    ("<table><tr><th>x</th></tr></table>", "no caption"),
    ("<p id='main'>again</p>", "stands twice"),
    ("<div style='overflow:auto;width:90px'><p style='width:300px'>x</p></div>", "no key reaches"),
    ("<a href='#main' style='outline:none'>dim</a>", "focus is not seen"),
    ("<a href='#main' tabindex='-1'>never</a>", "not reached"),
];

#[test]
fn reports_read_well_in_a_browser() {
    let Some(program) = program() else {
        assert!(
            !std::env::var("DRIFTLESS_REQUIRE").is_ok_and(|value| value == "all"),
            "no Chromium here: `cargo ci setup` installs it"
        );
        let told = b"not run: HTML reports in a browser (no Chromium here; `cargo ci setup` installs it)\n";
        // Past the test runner, which shows nothing of a test that passes.
        std::io::stderr().write_all(told).expect("standard error");
        return;
    };
    let mut browser = Browser::start(&program);
    let project = Project::shell("printf '0.1\\n' > $1\n", "");
    assert_eq!(project.run(&["run", "--quiet"]).code, 0);
    let full = project.write("full.json", FULL);
    let full = full.to_str().expect("UTF-8");
    let pages = [page(&project, "run", &[]), page(&project, "full", &["--from", full])];
    let bare = page(&project, "bare", &["--from", full, "--without-measured"]);

    planted_faults_are_seen(&mut browser, &project, &pages[1]);
    for page in &pages {
        for width in WIDTHS {
            for dark in [false, true] {
                let faults = look(&mut browser, page, width, dark);
                assert!(
                    faults.is_empty(),
                    "{} at {width}, dark {dark}:\n{}",
                    page.display(),
                    faults.join("\n")
                );
            }
        }
        let faults = keys(&mut browser, page);
        assert!(faults.is_empty(), "{}:\n{}", page.display(), faults.join("\n"));
        browser.open(page, 1000, false, "print");
        assert_eq!(browser.value(FOLDED), Value::Array(Vec::new()), "printing folds away");
        elements_are_those_of_the_file(&mut browser, page);
    }
    assert_eq!(look(&mut browser, &bare, 360, false), Vec::<String>::new());

    let mark = browser.mark();
    drop(browser);
    wait_until("the end of the browser's processes", || alive(&mark).is_empty());
}

/// Writes a page.
fn page(project: &Project, name: &str, more: &[&str]) -> PathBuf {
    let folder = project.path().join(name);
    let folder = folder.to_str().expect("UTF-8");
    let ran = project.run(&[&["report", "--format", "html", "-o", folder], more].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    Path::new(folder).join("report.html")
}

/// What is wrong with a page at a width and in a theme.
fn look(browser: &mut Browser, page: &Path, width: u32, dark: bool) -> Vec<String> {
    browser.open(page, width, dark, "");
    let found = browser.value(LOOK);
    let mut faults = browser.complaints(page);
    faults.extend(found.as_array().expect("a list").iter().map(|one| one.as_str().unwrap_or("?").to_owned()));
    faults
}

/// What is wrong with a page for someone without a mouse.
fn keys(browser: &mut Browser, page: &Path) -> Vec<String> {
    browser.open(page, 360, false, "");
    let wanted = browser.value(REACHED).as_u64().expect("a number");
    for _ in 0..wanted {
        browser.tab();
    }
    let seen = browser.value("window.seen");
    let mut faults = Vec::new();
    for (place, one) in seen.as_array().expect("a list").iter().enumerate() {
        if one[1] != true {
            faults.push(format!("focus is not seen: {}", one[2]));
        }
        if one[0] != place {
            faults.push(format!("out of order at {place}: {}", one[2]));
        }
    }
    let count = seen.as_array().map_or(0, Vec::len);
    if count as u64 != wanted {
        faults.push(format!("{count} of {wanted} reached; some are not reached"));
    }
    faults
}

/// A check that sees nothing would pass every page.
fn planted_faults_are_seen(browser: &mut Browser, project: &Project, page: &Path) {
    let good = std::fs::read_to_string(page).expect("a page");
    // The page's own policy would keep scripts and pictures out.
    let open = good.replace("Content-Security-Policy", "x-policy");
    assert_ne!(open, good, "a page says what it may fetch");
    for (place, (fault, said)) in PLANTED.iter().enumerate() {
        let bad = open.replace("</main>", &format!("{fault}</main>"));
        let file = project.write(&format!("planted/{place}.html"), bad);
        let mut faults = look(browser, &file, 360, false);
        if said.contains("reached") || said.contains("focus") {
            faults = keys(browser, &file);
        }
        assert!(faults.iter().any(|one| one.contains(said)), "{fault} was not seen: {faults:?}");
    }
}

/// A browser mends broken markup in silence; so it must have made the elements that stand in the file.
fn elements_are_those_of_the_file(browser: &mut Browser, page: &Path) {
    let text = std::fs::read_to_string(page).expect("a page");
    let (begin, end) = (text.find("<body").expect("a body"), text.rfind("</html>").expect("an end"));
    let file = roxmltree::Document::parse(&text[begin..end]).expect("markup without a fault");
    let elements = file.root_element().descendants().skip(1).filter(roxmltree::Node::is_element);
    let names: Vec<Value> = elements.map(|one| one.tag_name().name().into()).collect();
    assert_eq!(browser.value(ELEMENTS), Value::Array(names));
}
