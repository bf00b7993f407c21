//! The table of cases of the translation.
//!
//! Heat: cold.

use regex::Regex;

use super::*;

/// What the regex matches in the text first, with all groups.
fn find(regex: &str, text: &str) -> Option<Vec<String>> {
    let translation = translate(regex).unwrap();
    let compiled = Regex::new(&translation.pattern)
        .unwrap_or_else(|error| panic!("{regex} became {}: {error}", translation.pattern));
    assert_eq!(compiled.captures_len(), translation.names.0.len(), "{regex}");
    let captures = compiled.captures(text)?;
    Some(captures.iter().map(|group| group.map_or("", |m| m.as_str()).to_owned()).collect())
}

#[test]
fn what_go_accepts_means_the_same() {
    for (regex, text, found) in [
        // Characters and what repeats them.
        ("", "a", Some(&[""][..])),
        ("a.c", "abc", Some(&["abc"])),
        ("a.c", "a\nc", None),
        ("a(?s:.)c", "a\nc", Some(&["a\nc"])),
        ("é.", "xéü", Some(&["éü"])),
        ("^b", "a\nb", None),
        ("(?m)^b", "a\nb", Some(&["b"])),
        ("a$", "a\n", None),
        ("(a+)(b*?)(c??)c", "aabc", Some(&["aabc", "aa", "b", ""])),
        ("a{2}", "aaa", Some(&["aa"])),
        ("a{2,}", "aaa", Some(&["aaa"])),
        ("a{1,2}?", "aa", Some(&["a"])),
        ("(?:(a{2}){3})", "aaaaaa", Some(&["aaaaaa", "aa"])),
        ("x{1000}", "", None),
        ("a{0}b", "b", Some(&["b"])),
        ("^*a", "a", Some(&["a"])),
        ("a||b", "b", Some(&[""])),
        ("()a", "a", Some(&["a", ""])),
        // Braces that begin no repetition.
        ("a{", "a{", Some(&["a{"])),
        ("{x}", "{x}", Some(&["{x}"])),
        ("a{,2}", "a{,2}", Some(&["a{,2}"])),
        ("a{01}", "a{01}", Some(&["a{01}"])),
        ("a{1,x}", "a{1,x}", Some(&["a{1,x}"])),
        ("a}]", "a}]", Some(&["a}]"])),
        ("{1", "{1", Some(&["{1"])),
        // Quoting.
        (r"\Qa.b(\E+", "a.b((", Some(&["a.b(("])),
        (r"\Qa.b", "axb", None),
        (r"\Q\E", "x", Some(&[""])),
        (r"\Q\d\E", r"\d", Some(&[r"\d"])),
        // Escapes.
        (r"\.\-\_\<\>\/\%\:\~\#", r"._", None),
        (r"\.\-\_\<\>\/\%\:\~\#", r".-_<>/%:~#", Some(&[".-_<>/%:~#"])),
        (r"\x41\x{42}\103\07", "ABC\x07", Some(&["ABC\x07"])),
        (r"\a\f\t\n\r\v", "\x07\x0C\t\n\r\x0B", Some(&["\x07\x0C\t\n\r\x0B"])),
        (r"\Aab\z", "ab", Some(&["ab"])),
        (r"\12", "\n", Some(&["\n"])),
        (r"(?ii)A", "a", Some(&["a"])),
        (r"(?i-i)A|(?ii:B)", "ab", Some(&["b"])),
        // Perl's classes are ASCII.
        (r"\d+", "٣3", Some(&["3"])),
        (r"\w+", "éa_1", Some(&["a_1"])),
        (r"\s", "\u{a0}\u{b}", None),
        (r"\S", " \u{b}", Some(&["\u{b}"])),
        (r"\D\W", "0éé", Some(&["éé"])),
        (r"\bb", "éb", Some(&["b"])),
        (r"a\B\.", "a.", None),
        (r".\Bb", "ab", Some(&["ab"])),
        (r"\b{start}", "a{start}", Some(&["{start}"])),
        (r"[\d\s]+", "x1 2", Some(&["1 2"])),
        (r"[^\W]+", "é_a", Some(&["_a"])),
        (r"[\D]", "1é", Some(&["é"])),
        (r"[\d-z]+", "1-z", Some(&["1-z"])),
        // Classes.
        ("[]a]+", "]a", Some(&["]a"])),
        ("[^]a]", "]ab", Some(&["b"])),
        ("[[a]+", "[a", Some(&["[a"])),
        ("[a-]+", "-a", Some(&["-a"])),
        ("[-a]+", "-a", Some(&["-a"])),
        ("[a&&b]+", "&ab", Some(&["&ab"])),
        ("[a~~b]+", "~a", Some(&["~a"])),
        ("[!--]+", "#,-", Some(&["#,-"])),
        ("[+--]+", "+,-", Some(&["+,-"])),
        ("[*-\\-]+", "+,-", Some(&["+,-"])),
        (r"[\n\x41-\x{43}\]]+", "B\n]", Some(&["B\n]"])),
        ("[[:alpha:]_]+", "é1a_", Some(&["a_"])),
        ("[[:^digit:]]", "1é", Some(&["é"])),
        ("[^[:space:]]", " a", Some(&["a"])),
        ("[[:]+", "[:", Some(&["[:"])),
        ("[^a]", "a\n", Some(&["\n"])),
        ("[.*+?^$|(){}]+", "^.(", Some(&["^.("])),
        // Unicode's classes.
        (r"\pL+", "1é", Some(&["é"])),
        (r"\PL", "é1", Some(&["1"])),
        (r"\p{Greek}", "aα", Some(&["α"])),
        (r"\p{^Greek}", "αa", Some(&["a"])),
        (r"\P{^Greek}", "aα", Some(&["α"])),
        (r"[\p{Lu}\d]+", "aÉ1", Some(&["É1"])),
        // Groups and flags.
        ("(?i)AB", "xab", Some(&["ab"])),
        ("a(?i)b|c", "C", Some(&["C"])),
        ("(?i:a)b", "Ab", Some(&["Ab"])),
        ("(?i-s:A)", "a", Some(&["a"])),
        ("(?U)a+", "aa", Some(&["a"])),
        ("(?)a", "a", Some(&["a"])),
        ("(?P<x>a)(?<y>b)(?P<1>c)", "abc", Some(&["abc", "a", "b", "c"])),
        ("(a)|(b)", "b", Some(&["b", "", "b"])),
    ] {
        let found: Option<Vec<String>> =
            found.map(|groups| groups.iter().map(|&group| group.to_owned()).collect());
        assert_eq!(find(regex, text), found, "{regex} on {text:?}");
    }
}

#[test]
fn what_go_refuses_is_refused() {
    for regex in [
        "(",
        ")",
        "(a",
        "a)",
        "[",
        "[a",
        "[]",
        "[^]",
        "*",
        "+a",
        "a|*",
        "(*)",
        "a**",
        "a++",
        "a*+",
        "a??+",
        "a{2}{3}",
        "a{2}*",
        "a{1001}",
        "a{1,1001}",
        "a{99999999999}",
        "a{2,1}",
        "(a{100}){11}",
        "((a{10}){10}){11}",
        "(?x)a",
        "(?u)a",
        "(?R)a",
        "(?i",
        "(?-)",
        "(?--i)",
        "(?i-:a)",
        "(?",
        "(?=a)",
        "(?!a)",
        "(?<=a)",
        "(?<!a)",
        r"(a)\1",
        r"\8",
        r"\9",
        r"\Z",
        r"\C",
        r"\G",
        r"\X",
        r"\h",
        r"\u0041",
        r"\U00000041",
        r"\é",
        r"\",
        r"a\",
        r"[\b]",
        r"[\Qa\E]",
        r"[a-\d]",
        "[z-a]",
        "[a--b]",
        "[[:nope:]]",
        r"\p",
        r"\p{",
        r"\p{}",
        r"\p{L=x}",
        r"\p1",
        r"\x",
        r"\x4",
        r"\x{}",
        r"\x{110000}",
        r"\x{41",
        r"\xZZ",
        "(?P<>a)",
        "(?P<a b>c)",
        "(?P<x",
        "(?P<x>a)(?P<x>b)",
        "(?P=x)",
        "(?>a)",
        "(?#a)",
    ] {
        assert!(translate(regex).is_err(), "{regex}: {:?}", translate(regex));
    }
}

#[test]
fn the_reason_is_told() {
    for (regex, found, problem) in [
        ("a(?=b)", "(?=", "look-around"),
        (r"(a)\1", r"\1", "back-references"),
        ("(?x)a", "(?x)", "flags"),
        ("a**", "*", "repeated again"),
        ("a{2000}", "{2000}", "1000"),
        ("[[:foo:]]", "[:foo:]", "not known"),
    ] {
        let fault = translate(regex).unwrap_err();
        assert_eq!(fault.found, found, "{regex}");
        assert!(fault.problem.contains(problem), "{regex}: {}", fault.problem);
    }
}

#[test]
fn names_of_groups_are_kept() {
    let names = translate("(?P<a>x)(y)(?<1b>z)").unwrap().names.0;
    assert_eq!(names, [None, Some("a".into()), None, Some("1b".into())]);
}
