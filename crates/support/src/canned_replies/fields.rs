//! Merge fields: `{{contact.first_name|there}}` in a text stands for what is known of whom it goes to, or else for `there`.
//!
//! Plain replacement and nothing else. No part of a text is ever run, a value is never looked into for further fields, and
//! what a text grows to is bounded. Pure functions: they read no clock and no storage.

use platform::Fault;

platform::words!(
    /// What a reply can name.
    MergeField {
        ContactName = "contact.name",
        ContactFirstName = "contact.first_name",
        ContactPhone = "contact.phone",
        ContactEmail = "contact.email",
        AgentName = "agent.name",
        AgentFirstName = "agent.first_name",
        OrganisationName = "organisation.name",
        TicketNumber = "ticket.number",
        TicketSubject = "ticket.subject",
        LeadName = "lead.name",
        LeadStage = "lead.stage",
        LeadSource = "lead.source",
        LeadStudents = "lead.students",
    }
);

/// Fields in one text.
pub const MOST: usize = 50;
/// What one field puts in, in characters.
pub const LONGEST_VALUE: usize = 200;

impl MergeField {
    fn of(name: &str) -> Option<MergeField> {
        MergeField::ALL.iter().copied().find(|f| f.as_str() == name)
    }
}

/// A text with its fields filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// What nothing is known for stands in brackets: `[contact.email]`.
    pub text: String,
    /// Each once, in the order of the text.
    pub missing: Vec<MergeField>,
}

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Plain(&'a str),
    Field {
        whole: &'a str,
        name: &'a str,
        default: Option<&'a str>,
    },
    /// Two braces that nothing closes, up to the end of their line or to the next ones.
    Open(&'a str),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        if at > 0 {
            found.push(Piece::Plain(&rest[..at]));
        }
        let (inside, line) = (&rest[at + 2..], &rest[at..]);
        let stops = [inside.find("{{"), inside.find('\n')];
        let stop = stops.into_iter().flatten().min().unwrap_or(inside.len());
        let end = match inside[..stop].find("}}") {
            Some(close) => {
                let (name, default) = match inside[..close].split_once('|') {
                    Some((name, default)) => (name, Some(default)),
                    None => (&inside[..close], None),
                };
                let end = close + 4;
                found.push(Piece::Field { whole: &line[..end], name: name.trim(), default });
                end
            }
            None => {
                found.push(Piece::Open(&line[..stop + 2]));
                stop + 2
            }
        };
        rest = &line[end..];
    }
    if !rest.is_empty() {
        found.push(Piece::Plain(rest));
    }
    found
}

/// Everything that is wrong with the fields of a text; `field` is where it stands in the request.
pub fn faults(field: &str, text: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    let (mut named, mut unknown) = (0, Vec::new());
    for piece in pieces(text) {
        match piece {
            Piece::Plain(_) => {}
            Piece::Open(from) => {
                let words = format!("`{}` begins a field and has no `}}}}`", shortened(from));
                faults.push(Fault::new(field, "format", words));
            }
            Piece::Field { name, .. } => {
                named += 1;
                if MergeField::of(name).is_none() && !unknown.contains(&name) {
                    unknown.push(name);
                }
            }
        }
    }
    let all = || MergeField::ALL.iter().map(|f| f.as_str()).collect::<Vec<_>>().join(", ");
    for name in unknown.iter().take(20) {
        let words = format!("`{}` is no field; there are: {}", shortened(name), all());
        faults.push(Fault::new(field, "unknown_field", words));
    }
    if named > MOST {
        faults.push(Fault::new(field, "too_many", format!("names more than {MOST} fields")));
    }
    faults
}

fn shortened(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The text with each field replaced by its value, by its default where there is none, or by its name in brackets. What
/// is no field stays as it stands.
pub fn fill(text: &str, value: impl Fn(MergeField) -> Option<String>) -> Filled {
    let mut filled = Filled { text: String::with_capacity(text.len()), missing: Vec::new() };
    let mut named = 0;
    for piece in pieces(text) {
        match piece {
            Piece::Plain(plain) | Piece::Open(plain) => filled.text.push_str(plain),
            Piece::Field { whole, name, default } => {
                named += 1;
                let Some(field) = MergeField::of(name).filter(|_| named <= MOST) else {
                    filled.text.push_str(whole);
                    continue;
                };
                match (value(field).map(|v| one_line(&v)).filter(|v| !v.is_empty()), default) {
                    (Some(value), _) => filled.text.push_str(&value),
                    (None, Some(default)) => filled.text.push_str(default),
                    (None, None) => {
                        filled.text.push_str(&format!("[{}]", field.as_str()));
                        if !filled.missing.contains(&field) {
                            filled.missing.push(field);
                        }
                    }
                }
            }
        }
    }
    filled
}

/// A value as it stands within a sentence.
fn one_line(value: &str) -> String {
    let plain: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.trim().chars().take(LONGEST_VALUE).collect::<String>().trim_end().to_owned()
}

/// What somebody is called by those who know them: the first word of *Sofia Rossi*, the last one of *Nguyễn Thị Lan*.
///
/// Vietnamese names begin with the family's. Which names are Vietnamese is told by that family name: by itself where it
/// is hardly anybody's first name elsewhere, otherwise where the name is written with marks.
pub fn first_name(name: &str) -> Option<&str> {
    const FAMILIES: &[&str] =
        &["nguyen", "tran", "pham", "huynh", "hoang", "truong", "trinh", "duong", "phung", "nghiem", "thach"];
    const WITH_MARKS: &[&str] = &[
        "le", "phan", "vu", "vo", "dang", "bui", "do", "ho", "ngo", "ly", "dinh", "dao", "doan", "luong",
        "mai", "cao", "ta", "chau", "quach", "thai", "lam", "to", "luu", "ha", "vuong", "kieu", "la", "tang",
        "trieu", "dam", "tong", "khuat", "luc", "mac", "than", "van", "quan", "an",
    ];
    let words: Vec<&str> = name.split_whitespace().collect();
    let (first, last) = (words.first()?, words.last()?);
    let family = platform::fold::fold(first);
    let has_marks = !name.is_ascii();
    let is_vietnamese =
        FAMILIES.contains(&family.as_str()) || (has_marks && WITH_MARKS.contains(&family.as_str()));
    Some(if is_vietnamese { last } else { first })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn known(field: MergeField) -> Option<String> {
        match field {
            MergeField::ContactName => Some("Nguyễn Thị Lan".into()),
            MergeField::ContactFirstName => Some("Lan".into()),
            MergeField::TicketSubject => Some("{{contact.name}}".into()),
            MergeField::LeadName => Some("  ".into()),
            _ => None,
        }
    }

    fn filled(text: &str) -> (String, Vec<&'static str>) {
        let Filled { text, missing } = fill(text, known);
        (text, missing.into_iter().map(MergeField::as_str).collect())
    }

    #[test]
    fn fields_are_replaced_by_what_is_known() {
        let (text, missing) = filled("Chào {{contact.first_name}}, {{ contact.name }}!");
        assert_eq!((text.as_str(), missing.len()), ("Chào Lan, Nguyễn Thị Lan!", 0));
    }

    #[test]
    fn what_is_missing_is_marked_once_or_stands_for_itself() {
        let (text, missing) =
            filled("{{contact.email}} {{contact.phone|your number}} {{contact.email}} {{lead.name}}");
        assert_eq!(text, "[contact.email] your number [contact.email] [lead.name]");
        assert_eq!(missing, ["contact.email", "lead.name"]);
        assert_eq!(filled("Hi{{contact.email|}}!"), ("Hi!".to_owned(), vec![]));
        assert_eq!(filled("{{contact.first_name|there}}").0, "Lan");
    }

    #[test]
    fn values_and_defaults_are_not_looked_into() {
        assert_eq!(filled("{{ticket.subject}}").0, "{{contact.name}}");
        assert_eq!(filled("{{contact.email|a|b}}").0, "a|b");
    }

    #[test]
    fn what_is_no_field_stays() {
        for text in ["{{nothing}}", "{{", "}}", "a { b } c", "{{contact.name", "{{\ncontact.name}}", "{{}}"] {
            assert_eq!(filled(text).0, text);
        }
        assert_eq!(filled("{{ {{contact.first_name}}").0, "{{ Lan");
        assert_eq!(filled("{{{contact.first_name}}}").0, "{{{contact.first_name}}}");
    }

    #[test]
    fn every_fault_is_told_once_with_what_there_is() {
        assert!(faults("body", "{{contact.name}} {{lead.students|}} {x}").is_empty());
        let found = faults("body", "{{contact.nme}} {{x}} {{x}} {{contact.name");
        let codes: Vec<&str> = found.iter().map(|f| f.code.as_ref()).collect();
        assert_eq!(codes, ["format", "unknown_field", "unknown_field"]);
        assert!(found[1].message.contains("`contact.nme`") && found[1].message.contains("lead.students"));
        assert_eq!(faults("body", &"{{contact.name}}".repeat(MOST + 1))[0].code, "too_many");
    }

    #[test]
    fn people_are_called_by_their_own_names() {
        for (name, called) in [
            ("Nguyễn Thị Lan", "Lan"),
            ("nguyen van an", "an"),
            ("Lê Thu Hương", "Hương"),
            ("Sofia Rossi", "Sofia"),
            ("Linda Tran", "Linda"),
            ("Mai Nguyen", "Mai"),
            ("Lan", "Lan"),
            ("Le Roy Jones", "Le"),
            ("Jürgen Weber", "Jürgen"),
        ] {
            assert_eq!(first_name(name), Some(called), "{name}");
        }
        assert_eq!(first_name("  "), None);
    }

    proptest! {
        #[test]
        fn any_text_is_filled_within_bounds(text in "[{}|a-z.\n é]{0,300}", value in ".{0,400}") {
            let found = fill(&text, |_| Some(value.clone()));
            prop_assert!(found.missing.is_empty());
            prop_assert!(found.text.chars().count() <= text.chars().count() + MOST * LONGEST_VALUE);
            let _ = faults("body", &text);
        }

        #[test]
        fn a_text_without_two_braces_is_left_alone(text in "[^{]{0,300}") {
            prop_assert_eq!(fill(&text, known).text, text.clone());
            prop_assert!(faults("body", &text).is_empty());
        }

        #[test]
        fn all_pieces_together_are_the_text(text in "[{}|a-z.\n é]{0,300}") {
            let again: String = pieces(&text).iter().map(|p| match p {
                Piece::Plain(p) | Piece::Open(p) => *p,
                Piece::Field { whole, .. } => *whole,
            }).collect();
            prop_assert_eq!(again, text);
        }

        #[test]
        fn any_name_calls_somebody_by_a_part_of_it(name in ".{0,60}") {
            prop_assert!(first_name(&name).is_none_or(|first| name.contains(first)));
        }
    }
}
