//! A vector as the client has it: <https://platform.openai.com/docs/api-reference/embeddings/object>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// One element of a list of embeddings.
#[derive(Debug, Clone, PartialEq)]
pub struct Vector {
    /// `index`: which input it is for.
    pub index: Option<u64>,
    /// How its numbers are written.
    pub form: Form,
    /// Its numbers; empty where they cannot be read.
    pub numbers: Vec<f64>,
}

/// How the numbers of a vector are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A list of numbers.
    Floats,
    /// Base64 of 32-bit floats, little end first.
    Base64,
    /// Neither.
    Unreadable,
}

impl Vector {
    /// Reads one element of `data`.
    pub fn read(element: &Value) -> Self {
        let (form, numbers) = match &element["embedding"] {
            Value::Array(numbers) => (Form::Floats, numbers.iter().map(Value::as_f64).collect()),
            Value::String(text) => (Form::Base64, decode(text)),
            _ => (Form::Unreadable, None),
        };
        let index = element["index"].as_u64();
        match numbers {
            Some(numbers) => Self { index, form, numbers },
            None => Self { index, form: Form::Unreadable, numbers: Vec::new() },
        }
    }

    /// Where it first leaves another vector by more than 32-bit floats can tell apart; `None` where it does not.
    pub fn leaves(&self, other: &[f32]) -> Option<usize> {
        if self.numbers.len() != other.len() {
            return Some(self.numbers.len().min(other.len()));
        }
        self.numbers.iter().zip(other).position(|(got, wanted)| !same(*got, f64::from(*wanted)))
    }
}

/// A number that went through text and back may differ in the last bit of a 32-bit float.
fn same(got: f64, wanted: f64) -> bool {
    (got - wanted).abs() <= f64::from(f32::EPSILON) * wanted.abs().max(f64::from(f32::MIN_POSITIVE))
}

fn decode(text: &str) -> Option<Vec<f64>> {
    let bytes = STANDARD.decode(text).ok()?;
    let (floats, []) = bytes.as_chunks::<4>() else { return None };
    Some(floats.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes))).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn floats_and_base64_are_the_same_vector() {
        let numbers = [0.1_f32, -1.5e-7, 3.0, f32::MIN_POSITIVE];
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let floats = Vector::read(&json!({"index": 0, "embedding": numbers}));
        let base64 = Vector::read(&json!({"index": 0, "embedding": STANDARD.encode(bytes)}));
        assert_eq!((floats.form, base64.form), (Form::Floats, Form::Base64));
        assert_eq!((floats.leaves(&numbers), base64.leaves(&numbers)), (None, None));
        let written = Vector::read(&json!({"embedding": [0.1, -0.000_000_15, 3, 1.175_494_4e-38]}));
        assert_eq!(written.leaves(&numbers), None, "decimal digits as they come");
    }

    #[test]
    fn another_number_or_length_is_another_vector() {
        let vector = Vector::read(&json!({"embedding": [0.1, 0.2]}));
        assert_eq!(vector.leaves(&[0.1, 0.200_001]), Some(1));
        assert_eq!(vector.leaves(&[0.1]), Some(1));
        assert_eq!(vector.leaves(&[]), Some(0));
    }

    #[test]
    fn what_is_no_vector_is_unreadable() {
        for embedding in [json!(null), json!([0.1, "x"]), json!("AAA="), json!("?")] {
            assert_eq!(Vector::read(&json!({"embedding": embedding})).form, Form::Unreadable, "{embedding}");
        }
    }
}
