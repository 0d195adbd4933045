//! Names with `*`, and paths with `**`.

/// Whether a text is of a pattern in which `*` stands for anything, also nothing.
pub fn matches(pattern: &str, text: &str) -> bool {
    run(pattern.as_bytes(), text.as_bytes())
}

/// Whether a path is of a pattern: `*` stays within a folder, `**` goes below, and a pattern that names a
/// folder covers all in it.
pub(super) fn matches_path(pattern: &str, path: &str) -> bool {
    let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
    let patterns: Vec<&str> = pattern.split('/').collect();
    let parts: Vec<&str> = path.trim_start_matches("./").split('/').collect();
    // Which prefixes of the path the patterns so far can stand for.
    let mut reached = vec![false; parts.len() + 1];
    reached.iter_mut().take(1).for_each(|start| *start = true);
    for pattern in patterns {
        let mut next = vec![false; parts.len() + 1];
        let mut before = false;
        for (place, here) in reached.iter().enumerate() {
            before |= *here;
            if pattern == "**" {
                next.iter_mut().skip(place).take(1).for_each(|slot| *slot = before);
            } else if *here && parts.get(place).is_some_and(|part| matches(pattern, part)) {
                next.iter_mut().skip(place + 1).take(1).for_each(|slot| *slot = true);
            }
        }
        reached = next;
    }
    reached.into_iter().skip(1).any(|reached| reached)
}

/// Two places to go back to are enough: the last `*` can take up whatever an earlier one could.
fn run(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut place) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(at), text.get(place)) {
            (Some(b'*'), _) => {
                back = Some((at + 1, place));
                at += 1;
            }
            (Some(wanted), Some(found)) if wanted == found => {
                at += 1;
                place += 1;
            }
            (None, None) => return true,
            _ => match back {
                Some((after, taken)) if taken < text.len() => {
                    back = Some((after, taken + 1));
                    at = after;
                    place = taken + 1;
                }
                _ => return false,
            },
        }
    }
}

#[test]
fn names_and_paths() {
    for (pattern, text, expected) in [
        ("*", "", true),
        ("cart", "cart", true),
        ("cart", "cart-1", false),
        ("cart*", "cart-1", true),
        ("*-exporter", "node-exporter", true),
        ("a*b*c", "aXbYbZc", true),
        ("a*b", "aXc", false),
    ] {
        assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
    }
    for (pattern, path, expected) in [
        ("deploy", "deploy/a.yaml", true),
        ("deploy/*.yaml", "deploy/a.yaml", true),
        ("*.yaml", "deploy/a.yaml", false),
        ("**/*.yaml", "deploy/x/a.yaml", true),
        ("**/*.yaml", "a.yaml", true),
        ("test/**", "test/a/b.yaml", true),
        ("test/**", "deploy/a.yaml", false),
    ] {
        assert_eq!(matches_path(pattern, path), expected, "{pattern} {path}");
    }
}
