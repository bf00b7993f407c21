//! Tags, wherever they stand, and the labels that they become.
//!
//! Heat: hot, but for [`labels_of`], which allocates: warm, once per new spelling
//! of a series.

use super::grammar::{self, Mark};
use super::sections::{self, Section};
use crate::model::{LabelName, LabelSet, TagText};

/// The label that a `c:ID` section becomes.
const CONTAINER_ID: &str = "container_id";

/// The tags of a list in a name, `k=v,k2=v2`. One that is to be left out and
/// counted is `None`.
pub(super) fn in_name(list: &str) -> impl Iterator<Item = Option<(&str, &str)>> {
    grammar::tag_texts(list).map(|tag| good(tag, Mark::EQUALS))
}

/// The tags of a `#` section without that `#`, `k:v,#k2:v2`; likewise.
pub(super) fn in_section(list: &str) -> impl Iterator<Item = Option<(&str, &str)>> {
    grammar::tag_texts(list).map(|tag| good(tag.strip_prefix('#').unwrap_or(tag), Mark::COLON))
}

/// Key and value, if the tag has both and its key makes a label.
fn good(tag: &str, separator: Mark) -> Option<(&str, &str)> {
    grammar::key_and_value(tag, separator).filter(|(key, _)| LabelName::is_tag_key(key))
}

/// The labels of a sample: the good tags of its name, then those of its sections
/// and its container id, left to right. Of equal names the last one wins.
#[must_use]
pub fn labels_of(tags: TagText<'_>) -> LabelSet {
    // Reserved at once: a list that grew to ten thousand would have been copied, and
    // asked for, twice over.
    let most = most_labels(tags.in_name) + most_labels(tags.sections);
    let mut labels = Vec::with_capacity(most);
    let mut add = |(key, value): (&str, &str)| {
        let name = LabelName::escaped(key);
        labels.extend(name.map(|name| (name, Box::<str>::from(value))));
    };
    in_name(tags.in_name).flatten().for_each(&mut add);
    for section in grammar::pieces(Some(tags.sections), Mark::PIPE) {
        match sections::kind_of(section) {
            Section::Tags(list) if tags.dogstatsd => {
                in_section(list).flatten().for_each(&mut add);
            }
            Section::Container(id) => add((CONTAINER_ID, id)),
            _ => {}
        }
    }
    labels.into_iter().collect::<LabelSet>()
}

/// How many labels this text may give at most: there is a mark between two, and each
/// takes three bytes besides that.
fn most_labels(text: &str) -> usize {
    let marks = memchr::memchr2_iter(b',', b'|', text.as_bytes()).count();
    (marks + 1).min((text.len() + 1) / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(in_name: &str, sections: &str, dogstatsd: bool) -> Vec<(String, String)> {
        let set = labels_of(TagText { in_name, sections, dogstatsd });
        assert!(set.len() <= most_labels(in_name) + most_labels(sections), "reserved too little");
        set.iter().map(|(name, value)| (name.as_str().to_owned(), value.to_owned())).collect()
    }

    fn owned(labels: &[(&str, &str)]) -> Vec<(String, String)> {
        labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn labels_come_from_the_name_and_from_sections() {
        for (in_name, sections, expected) in [
            ("", "", &[][..]),
            ("x=1,y=2", "", &[("x", "1"), ("y", "2")]),
            ("x=1,x=2", "", &[("x", "2")]),
            ("x=a.b-c,1st=x,b-c=y", "", &[("_1st", "x"), ("b_c", "y"), ("x", "a.b-c")]),
            ("x,y=,=z,,__a=1,b=2,", "", &[("b", "2")]),
            ("", "#x:1,y:two", &[("x", "1"), ("y", "two")]),
            ("", "##x:1,#y:2", &[("x", "1"), ("y", "2")]),
            ("", "###x:1", &[("_x", "1")]),
            ("", "#url:http://x:8080/a?b=c", &[("url", "http://x:8080/a?b=c")]),
            ("", "#x,x:,:y,,#,__name__:a,k:v", &[("k", "v")]),
            (
                "",
                "@0.5|#x:1|T1|e:2|card:3|c:id|#y:2",
                &[("container_id", "id"), ("x", "1"), ("y", "2")],
            ),
            ("", "#container_id:a|c:b", &[("container_id", "b")]),
            ("", "c:b|#container-id:a", &[("container_id", "a")]),
            ("x=1", "c:i", &[("container_id", "i"), ("x", "1")]),
        ] {
            assert_eq!(labels(in_name, sections, true), owned(expected), "{in_name} {sections}");
        }
    }

    #[test]
    fn with_dogstatsd_off_only_the_container_id_is_read_of_sections() {
        assert_eq!(labels("x=1", "#y:2|c:i", false), owned(&[("container_id", "i"), ("x", "1")]));
    }
}
