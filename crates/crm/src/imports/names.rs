//! A name out of the columns that hold parts of it. Pure.
//!
//! Whatever stands in such a column is in the name: a part is left out only where the whole name says it already.

/// What the columns of a row say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The whole name, or as much of it as is in none of the others.
    pub whole: Option<String>,
    pub first: Option<String>,
    pub middle: Option<String>,
    pub last: Option<String>,
}

impl Names {
    /// The name in the order in which it is said.
    pub fn joined(&self, surname_first: bool) -> Option<String> {
        let Names { whole, first, middle, last } = self;
        let order = match surname_first {
            true => [last, middle, whole, first],
            false => [first, whole, middle, last],
        };
        let is_said = |part: &str| whole.as_deref().is_some_and(|w| holds(w, part));
        let parts = order
            .into_iter()
            .filter(|part| std::ptr::eq(*part, whole) || !part.as_deref().is_some_and(is_said));
        let parts: Vec<&str> = parts.flatten().map(|p| p.trim()).filter(|p| !p.is_empty()).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

/// Whether `part` stands in `whole`, word for word. Marks count: Nguyên is no Nguyễn.
fn holds(whole: &str, part: &str) -> bool {
    let words = |text: &str| text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>();
    let (whole, part) = (words(whole), words(part));
    part.is_empty() || whole.windows(part.len()).any(|w| w == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `[whole, first, middle, last]`.
    fn joined(parts: [&str; 4], surname_first: bool) -> String {
        let [whole, first, middle, last] = parts.map(|p| (!p.is_empty()).then(|| p.to_owned()));
        Names { whole, first, middle, last }.joined(surname_first).unwrap_or_default()
    }

    #[test]
    fn no_part_is_lost_and_the_order_is_the_languages() {
        let all = [
            (["", "An", "", "Nguyễn Văn"], "An Nguyễn Văn", "Nguyễn Văn An"),
            (["An", "", "", "Nguyễn Văn"], "An Nguyễn Văn", "Nguyễn Văn An"),
            (["", "An", "Văn", "Nguyễn"], "An Văn Nguyễn", "Nguyễn Văn An"),
            (["An", "", "Văn", "Nguyễn"], "An Văn Nguyễn", "Nguyễn Văn An"),
            (["Lan", "", "", ""], "Lan", "Lan"),
            (["", "", "", "Trần"], "Trần", "Trần"),
            (["", "An", "", "An"], "An An", "An An"),
        ];
        for (parts, given_first, surname_first) in all {
            assert_eq!(joined(parts, false), given_first);
            assert_eq!(joined(parts, true), surname_first);
        }
        assert_eq!(joined([""; 4], true), "");
    }

    #[test]
    fn a_whole_name_is_not_said_twice() {
        for order in [true, false] {
            assert_eq!(joined(["Nguyễn Văn An", "An", "Văn", "Nguyễn"], order), "Nguyễn Văn An");
            assert_eq!(joined(["Ann LEE", "ann", "", "Lee"], order), "Ann LEE");
        }
        // A given name that only resembles the surname is no surname.
        assert_eq!(joined(["Thảo Nguyên", "", "", "Nguyễn"], true), "Nguyễn Thảo Nguyên");
    }
}
