//! Doubles from text, as Go reads them: decimal or hexadecimal, with `_` between digits, `inf` and `nan`.

/// Reads a double; what is too large to be one is none.
pub(super) fn read(text: &str) -> Option<f64> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let lower = unsigned.to_ascii_lowercase();
    let magnitude = match lower.as_str() {
        "inf" | "infinity" => f64::INFINITY,
        // NaN has no sign.
        "nan" if unsigned.len() == text.len() => f64::NAN,
        lower => {
            let plain = without_underscores(lower)?;
            let number = match plain.strip_prefix("0x") {
                Some(digits) => hexadecimal(digits)?,
                None if plain.starts_with(|letter: char| letter.is_ascii_digit() || letter == '.') => {
                    plain.parse().ok()?
                }
                None => return None,
            };
            if number.is_infinite() {
                return None;
            }
            number
        }
    };
    Some(if negative { -magnitude } else { magnitude })
}

/// Takes away underscores, which may stand between digits and after `0x` alone.
fn without_underscores(text: &str) -> Option<String> {
    if !text.contains('_') {
        return Some(text.to_owned());
    }
    let is_hex = text.starts_with("0x");
    let is_digit = |letter: Option<char>| {
        letter.is_some_and(|letter| if is_hex { letter.is_ascii_hexdigit() } else { letter.is_ascii_digit() })
    };
    let letters: Vec<char> = text.chars().collect();
    let mut plain = String::with_capacity(text.len());
    for (place, letter) in letters.iter().enumerate() {
        if *letter != '_' {
            plain.push(*letter);
            continue;
        }
        let before = place.checked_sub(1).and_then(|before| letters.get(before)).copied();
        let after = letters.get(place.saturating_add(1)).copied();
        let after_prefix = is_hex && place == 2;
        if !(is_digit(after) && (is_digit(before) || after_prefix)) {
            return None;
        }
    }
    Some(plain)
}

/// Reads what follows `0x`: digits, maybe with a point, and a power of two that must be there.
fn hexadecimal(text: &str) -> Option<f64> {
    let (digits, power) = text.split_once('p')?;
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && decimals.is_empty() {
        return None;
    }
    let mut exponent: i64 = i64::from(power.parse::<i32>().ok()?);
    exponent = exponent.checked_sub(i64::try_from(decimals.len()).ok()?.checked_mul(4)?)?;
    let mut mantissa: u64 = 0;
    for letter in whole.chars().chain(decimals.chars()) {
        let digit = u64::from(letter.to_digit(16)?);
        if mantissa >> 59 == 0 {
            mantissa = mantissa << 4 | digit;
        } else {
            // No digit is lost for rounding: one bit says that there was something.
            mantissa |= u64::from(digit != 0);
            exponent = exponent.checked_add(4)?;
        }
    }
    let half = i32::try_from(exponent.clamp(-3_000, 3_000)).ok()?.checked_div(2)?;
    let rest = i32::try_from(exponent.clamp(-3_000, 3_000)).ok()?.checked_sub(half)?;
    // In two steps, so that neither power leaves the range while the number itself is within.
    Some(crate::value::uint_to_double(mantissa) * 2_f64.powi(half) * 2_f64.powi(rest))
}
