//! `--debug.dump-fsm`: the rules as a graph that Graphviz draws.
//!
//! Heat: cold.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod support;

use std::path::Path;
use std::process::Command;

use support::bridge::Launch;
use support::peer::peer;
use support::scratch::Scratch;

const RULES: &str = r#"
mappings:
- {match: 'app.*.requests', name: requests}
- {match: 'app.**', name: everything, match_metric_type: counter}
- {match: 'gone.*', name: gone, action: drop}
- match: '^(a|b)\.["\\]+&amp;<b>\n$'
  match_type: regex
  name: odd
- match: "[\u00e9\u0007\\x{1F600}]{2}"
  match_type: regex
  match_metric_type: gauge
  name: odder
"#;

/// The drawing of `path` by Graphviz, which must have nothing to complain of.
fn drawn(path: &Path) -> Option<String> {
    let output = Command::new(peer("dot")?).arg("-Tsvg").arg(path).output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    // It complains of missing fonts where there are none.
    let complaints: Vec<_> = complaints.lines().filter(|line| !line.contains("font")).collect();
    assert!(output.status.success() && complaints.is_empty(), "{complaints:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn dot_draws_globs_and_regexes() {
    let launch = Launch::mapped(RULES);
    let path = launch.folder().join("rules.dot");
    let bridge = launch.flag(format!("--debug.dump-fsm={}", path.display())).start();
    if let Some(svg) = drawn(&path) {
        for text in
            ["app", "requests", "rule 1", "rule 2 (counter)", "rule 3, drop", "rule 5 (gauge)"]
        {
            assert!(svg.contains(&format!(">{text}<")), "{text}\n{svg}");
        }
        // The text of the label, as XML: a `"`, a `\\`, an `&amp;` of five characters.
        for piece in ["^(a|b)\\.[&quot;\\\\]+", "&amp;amp;&lt;b&gt;\\"] {
            assert!(svg.contains(piece), "{piece}\n{svg}");
        }
    }
    bridge.stop();
}

#[test]
fn dot_draws_the_built_in_rules() {
    let launch = Launch::built_in();
    let path = launch.folder().join("rules.dot");
    let bridge = launch.flag(format!("--debug.dump-fsm={}", path.display())).start();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("[label=\"Mastodon\"]"), "{text}");
    if let Some(svg) = drawn(&path) {
        assert!(svg.contains(">Mastodon<"));
    }
    bridge.stop();
}

#[test]
fn a_check_of_the_file_draws_it_too() {
    let scratch = Scratch::new();
    let (mapping, path) = (scratch.file("mapping.yml", RULES), scratch.path().join("rules.dot"));
    let finished = support::bridge::run(&[
        "--check-config".to_owned(),
        format!("--statsd.mapping-config={}", mapping.display()),
        format!("--debug.dump-fsm={}", path.display()),
    ]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("digraph"));
}

#[test]
fn a_drawing_that_cannot_be_written_is_told_and_nothing_more() {
    let bridge = Launch::mapped(RULES).flag("--debug.dump-fsm=/no/such/folder/rules.dot").start();
    bridge.wait_for_log("that it failed", |line| {
        line.contains("level=error") && line.contains("cannot draw the rules")
    });
    bridge.send_udp(&["a:1|c"]);
    assert_eq!(bridge.settled().get("a{}"), Some(1.0));
    bridge.stop();
}

#[test]
fn without_a_mapping_nothing_is_drawn() {
    let launch = Launch::unmapped();
    let path = launch.folder().join("rules.dot");
    let bridge = launch.flag(format!("--debug.dump-fsm={}", path.display())).start();
    assert!(!path.exists());
    bridge.stop();
}
