//! Messages that a machine wrote because it got one: nobody reads an answer to them, and two machines that answer each other
//! never stop.

use platform::fold::fold;

/// Said near the beginning, folded as text is.
const PHRASES: &[&str] = &[
    "automatic reply",
    "automatic response",
    "automated reply",
    "automated response",
    "automated message",
    "auto-reply",
    "auto reply",
    "autoreply",
    "auto-response",
    "out of office",
    "out of the office",
    "away from my desk",
    "do not reply to this message",
    "thank you for contacting",
    "thanks for contacting",
    "tra loi tu dong",
    "tu dong tra loi",
    "phan hoi tu dong",
    "tin nhan tu dong",
    "dang vang mat",
    "cam on ban da lien he",
    "respuesta automatica",
    "fuera de la oficina",
    "automatische antwort",
    "abwesenheitsnotiz",
    "reponse automatique",
    "absent du bureau",
];
const BEGINNING: usize = 300;

/// Whether a text reads like an automatic answer.
pub(super) fn reads_like_one(text: &str) -> bool {
    let beginning: String = text.chars().take(BEGINNING).collect();
    let folded = fold(&beginning);
    let words = folded.split_whitespace().collect::<Vec<_>>().join(" ");
    PHRASES.iter().any(|phrase| words.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_phrases_are_known_in_any_spelling() {
        for text in [
            "Automatic reply: I am away",
            "[AUTO-REPLY] Thank you!",
            "Đây là tin nhắn tự động, vui lòng không trả lời.",
            "Tôi hiện đang vắng mặt",
            "I'm out  of\nthe office until Monday",
            "Réponse automatique",
        ] {
            assert!(reads_like_one(text), "{text}");
        }
        let late = format!("{} out of office", "x ".repeat(200));
        for text in ["Shop còn hàng không?", "Is the automatic door in stock?", "", &late] {
            assert!(!reads_like_one(text), "{text}");
        }
    }

    #[test]
    fn phrases_are_spelled_as_folded() {
        for phrase in PHRASES {
            assert_eq!(&fold(phrase), phrase);
        }
    }
}
