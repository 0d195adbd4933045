//! Wildcards in names and values: `*` for any text, `?` for one letter.
//!
//! Source: github.com/IGLOU-EU/go-wildcard, which Kyverno uses. That one tries all ways; here the time is at most
//! the product of the lengths.

/// Whether a text has one of the two.
pub(crate) fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Whether a pattern covers a text as a whole.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut place) = (0, 0);
    // Behind the last star, and the letter with which what it covers ends.
    let mut retry: Option<(usize, usize)> = None;
    while place < text.len() {
        match pattern.get(at) {
            Some('*') => {
                retry = Some((at + 1, place));
                at += 1;
            }
            Some(letter) if *letter == '?' || text.get(place) == Some(letter) => {
                at += 1;
                place += 1;
            }
            _ => match &mut retry {
                None => return false,
                Some((after, covered)) => {
                    *covered += 1;
                    (at, place) = (*after, *covered);
                }
            },
        }
    }
    pattern.get(at..).is_none_or(|rest| rest.iter().all(|letter| *letter == '*'))
}

#[test]
fn patterns_as_kyverno_has_them() {
    for (pattern, text, wanted) in [
        ("*", "", true),
        ("", "", true),
        ("", "a", false),
        ("?*", "", false),
        ("?*", "a", true),
        ("nginx:*", "nginx:1", true),
        ("*:latest", "a:b:latest", true),
        ("*a*b", "aab", true),
        ("a?c", "abc", true),
        ("a?c", "ac", false),
    ] {
        assert_eq!(matches(pattern, text), wanted, "{pattern} {text}");
    }
}
