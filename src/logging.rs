//! Log lines on standard error: one event a line, as logfmt or as JSON, under
//! the keys that the incumbent uses (`time`, `level`, `msg`). Control characters
//! are escaped, so text that came from a client can neither break a line nor
//! reach a terminal. At info and above nothing is logged per line or sample.
//! Whoever logs never waits for whoever reads: see `queue`.
//!
//! The ready-made formats of tracing-subscriber and tracing-logfmt call the text
//! `message`, which is not what log pipelines of the incumbent look for.
//!
//! Heat: cold.

mod queue;

use std::fmt::{self, Debug, Write};
use std::io::{self, Write as _};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::subscriber::Subscriber;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;

pub use tracing::Level;

use queue::Queue;

/// How a log line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `time=… level=info msg="…" key=value`
    Logfmt,
    /// `{"time":"…","level":"info","msg":"…","key":"value"}`
    Json,
}

/// How long the end of the process waits for its last lines to be read.
const PATIENCE: Duration = Duration::from_secs(1);

/// The lines on their way to standard error, once the log is started.
static QUEUE: OnceLock<Arc<Queue>> = OnceLock::new();

/// Sends the process's log to standard error from now on. A second call changes
/// nothing: the first choice stays.
pub fn start(level: Level, format: Format) {
    let told = |lines| tracing::warn!(lines, "log lines were lost: standard error is not read");
    // Without the thread (the system may refuse it) whoever logs writes.
    let _ = match Queue::start(io::stderr(), told) {
        Ok(queue) => {
            let queue = QUEUE.get_or_init(|| queue);
            tracing::subscriber::set_global_default(subscriber(level, format, Arc::clone(queue)))
        }
        Err(_) => tracing::subscriber::set_global_default(subscriber(level, format, io::stderr)),
    };
}

/// Writes a text to standard error, behind the lines of the log, and waits a
/// second at most until all is read.
pub fn last_words(text: &str) {
    match QUEUE.get() {
        Some(queue) => queue.push(text.as_bytes()),
        // If nobody reads, there is nobody to tell.
        None => drop(io::stderr().write_all(text.as_bytes())),
    }
    finish();
}

/// Waits a second at most until the log is written.
pub fn finish() {
    if let Some(queue) = QUEUE.get() {
        queue.finish(PATIENCE);
    }
}

/// What writes events of at least `level` to `writer`.
fn subscriber<W>(level: Level, format: Format, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer()
        .event_format(format)
        .with_writer(writer)
        // Else a line that cannot be written, because nobody reads standard error
        // any more, would end the thread that logs it with a panic.
        .log_internal_errors(false);
    tracing_subscriber::registry().with(lines).with(LevelFilter::from_level(level))
}

impl<S, N> FormatEvent<S, N> for Format
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &tracing::Event<'_>,
    ) -> fmt::Result {
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let mut line = Line { text: String::new(), format: *self };
        line.word("time", &time);
        line.word("level", &event.metadata().level().as_str().to_ascii_lowercase());
        event.record(&mut line);
        match self {
            Self::Logfmt => writeln!(writer, "{}", line.text),
            Self::Json => writeln!(writer, "{{{}}}", line.text),
        }
    }
}

/// The pairs of one line so far.
struct Line {
    text: String,
    format: Format,
}

impl Line {
    /// A pair whose value is text.
    fn word(&mut self, key: &str, value: &str) {
        self.key(key);
        if self.format == Format::Logfmt && is_bare(value) {
            self.text.push_str(value);
        } else {
            push_quoted(&mut self.text, value);
        }
    }

    /// A pair whose value is written the same in both formats.
    fn plain(&mut self, key: &str, value: impl fmt::Display) {
        self.key(key);
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{value}");
    }

    fn key(&mut self, key: &str) {
        let key = if key == "message" { "msg" } else { key };
        let first = self.text.is_empty();
        match self.format {
            Format::Logfmt => {
                self.text.push_str(if first { "" } else { " " });
                self.text.push_str(key);
                self.text.push('=');
            }
            Format::Json => {
                self.text.push_str(if first { "" } else { "," });
                push_quoted(&mut self.text, key);
                self.text.push(':');
            }
        }
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.word(field.name(), &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.word(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field.name(), value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no word for NaN and the infinities.
        if value.is_finite() {
            self.plain(field.name(), value);
        } else {
            self.word(field.name(), &value.to_string());
        }
    }
}

/// Whether logfmt takes the value without quotes.
fn is_bare(value: &str) -> bool {
    let bare = |c: char| !(c.is_whitespace() || c.is_control() || matches!(c, '"' | '=' | '\\'));
    !value.is_empty() && value.chars().all(bare)
}

/// A string of JSON, which logfmt's readers take too.
fn push_quoted(text: &mut String, value: &str) {
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is logged, each line without its time, which is checked for its form.
    fn logged(level: Level, format: Format, time: (&str, &str)) -> Vec<String> {
        let sink = Sink::default();
        let made = sink.clone();
        let subscriber = subscriber(level, format, move || made.clone());
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(address = %"127.0.0.1:1", rules = 3, ready = true, "it \"listens\"");
            tracing::warn!(ratio = 0.5, nan = f64::NAN, empty = "", "evil\n\u{1b}[31m\u{9b}");
            tracing::error!(error = ?Some("x"), "over");
            tracing::debug!("details");
        });
        let bytes = sink.0.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        let without_time = |line: &str| {
            let rest = line.strip_prefix(time.0).unwrap();
            let (stamp, rest) = rest.split_once(time.1).unwrap();
            assert!(
                stamp.len() == 27 && stamp.starts_with("20") && stamp.ends_with('Z'),
                "{stamp}"
            );
            rest.to_owned()
        };
        text.lines().map(without_time).collect()
    }

    #[test]
    fn logfmt() {
        let lines = logged(Level::INFO, Format::Logfmt, ("time=", " "));
        let expected = [
            r#"level=info msg="it \"listens\"" address=127.0.0.1:1 rules=3 ready=true"#,
            r#"level=warn msg="evil\n\u001b[31m\u009b" ratio=0.5 nan=NaN empty="""#,
            r#"level=error msg=over error="Some(\"x\")""#,
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn json_is_json_and_levels_filter() {
        let lines = logged(Level::DEBUG, Format::Json, ("{\"time\":\"", "\","));
        let expected = [
            r#""level":"info","msg":"it \"listens\"","address":"127.0.0.1:1","rules":3,"ready":true}"#,
            r#""level":"warn","msg":"evil\n\u001b[31m\u009b","ratio":0.5,"nan":"NaN","empty":""}"#,
            r#""level":"error","msg":"over","error":"Some(\"x\")"}"#,
            r#""level":"debug","msg":"details"}"#,
        ];
        assert_eq!(lines, expected);
        for line in lines {
            let parsed: serde_json::Value = serde_json::from_str(&format!("{{{line}")).unwrap();
            assert!(parsed["msg"].is_string());
        }
        assert_eq!(logged(Level::ERROR, Format::Logfmt, ("time=", " ")).len(), 1);
    }
}
