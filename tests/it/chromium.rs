//! A headless Chromium, driven over a pipe: it speaks JSON on two file descriptors, ends when they close, and so never
//! outlives a test, whatever becomes of that.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// How it may be called.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];
/// Far beyond need: keeps a broken browser from hanging the test.
const PATIENCE: Duration = Duration::from_mins(2);

/// A browser with one empty page.
pub(crate) struct Browser {
    process: Child,
    orders: ChildStdin,
    answers: Receiver<Value>,
    next: u64,
    session: Option<String>,
    /// What it told without being asked, since the last page was opened.
    told: Vec<Value>,
    folder: tempfile::TempDir,
}

/// Where the browser is; `None` where there is none.
pub(crate) fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let places = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    places.into_iter().find(|place| place.is_file())
}

impl Browser {
    /// Starts it.
    pub(crate) fn start(program: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        #[expect(clippy::disallowed_methods, reason = "the test drives a real browser")]
        let mut command = Command::new("sh");
        // It listens at descriptor 3 and answers at 4: the shell makes them of the pipes that we have.
        command.args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1"]).arg(program);
        command.args(["--headless", "--remote-debugging-pipe", "--disable-gpu", "--disable-dev-shm-usage"]);
        // Its own sandbox is refused to the superuser and in containers; the pages are ours.
        command.args([
            "--no-sandbox",
            "--no-first-run",
            "--disable-background-networking",
            "--hide-scrollbars",
        ]);
        command.arg(format!("--user-data-dir={}", folder.path().display()));
        command.env("HOME", folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("a browser");
        let (orders, answers) =
            (process.stdin.take().expect("a pipe"), process.stdout.take().expect("a pipe"));
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(answers).split(0).map_while(Result::ok) {
                let message = serde_json::from_slice(&message).expect("JSON of the browser");
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let mut browser =
            Self { process, orders, answers: receiver, next: 0, session: None, told: Vec::new(), folder };
        let target = browser.ask("Target.createTarget", &json!({"url": "about:blank"}));
        let target = json!({"targetId": target["targetId"], "flatten": true});
        let session = browser.ask("Target.attachToTarget", &target);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.ask(&format!("{domain}.enable"), &json!({}));
        }
        browser
    }

    /// A word by which its processes are known.
    pub(crate) fn mark(&self) -> String {
        self.folder.path().display().to_string()
    }

    fn message(&mut self) -> Value {
        self.answers.recv_timeout(PATIENCE).expect("the browser answers")
    }

    /// Asks for something and waits for the answer.
    pub(crate) fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.next += 1;
        let mut order = json!({"id": self.next, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            order["sessionId"] = json!(session);
        }
        let mut line = order.to_string().into_bytes();
        line.push(0);
        self.orders.write_all(&line).and_then(|()| self.orders.flush()).expect("the browser listens");
        loop {
            let mut message = self.message();
            if message["id"] == json!(self.next) {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].take();
            }
            self.told.push(message);
        }
    }

    /// What an expression of its page comes to.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let mut answer = self.ask("Runtime.evaluate", &asked);
        assert!(answer.get("exceptionDetails").is_none(), "{answer}");
        answer["result"]["value"].take()
    }

    /// Opens a file and waits until it is there. `media` is empty for the screen.
    pub(crate) fn open(&mut self, file: &Path, width: u32, dark: bool, media: &str) {
        let scheme = if dark { "dark" } else { "light" };
        let size = json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false});
        self.ask("Emulation.setDeviceMetricsOverride", &size);
        let theme = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.ask("Emulation.setEmulatedMedia", &json!({"media": media, "features": theme}));
        self.told.clear();
        self.ask("Page.navigate", &json!({"url": format!("file://{}", file.display())}));
        while !self.told.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let message = self.message();
            self.told.push(message);
        }
    }

    /// Presses the key that goes to the next link.
    pub(crate) fn tab(&mut self) {
        for kind in ["keyDown", "keyUp"] {
            let key = json!({"type": kind, "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9});
            self.ask("Input.dispatchKeyEvent", &key);
        }
    }

    /// What went wrong, and what was fetched besides `file`, since it was opened.
    pub(crate) fn complaints(&self, file: &Path) -> Vec<String> {
        let own = format!("file://{}", file.display());
        let complaint = |event: &Value| {
            let about = &event["params"];
            match event["method"].as_str()? {
                "Runtime.consoleAPICalled" if about["type"] != "log" => {
                    Some(format!("console: {}", about["args"]))
                }
                "Runtime.exceptionThrown" => Some(format!("exception: {about}")),
                "Log.entryAdded" if about["entry"]["level"] != "verbose" => {
                    Some(format!("log: {}", about["entry"]["text"]))
                }
                "Network.requestWillBeSent" => {
                    let url = about["request"]["url"].as_str().unwrap_or_default();
                    (url.split('#').next() != Some(&own)).then(|| format!("fetched: {url}"))
                }
                _ => None,
            }
        };
        self.told.iter().filter_map(complaint).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Whether it has ended already does not matter.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
