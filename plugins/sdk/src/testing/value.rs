/// A value of a [`MockHost`](super::MockHost).
#[derive(Clone, Debug, PartialEq)]
pub enum MockValue {
    /// Nil.
    Nil,
    /// True or false.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A double.
    Double(f64),
    /// A string.
    String(String),
    /// A tuple.
    Tuple(Vec<MockValue>),
    /// An object.
    Object(MockObject),
}

/// An object of a [`MockHost`](super::MockHost).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MockObject(pub(super) u64);

impl MockValue {
    /// Returns the object.
    pub fn as_object(&self) -> Option<MockObject> {
        match self {
            MockValue::Object(object) => Some(*object),
            _ => None,
        }
    }
}

impl From<bool> for MockValue {
    fn from(bool: bool) -> MockValue {
        MockValue::Bool(bool)
    }
}

impl From<i64> for MockValue {
    fn from(int: i64) -> MockValue {
        MockValue::Int(int)
    }
}

impl From<i32> for MockValue {
    fn from(int: i32) -> MockValue {
        MockValue::Int(int.into())
    }
}

impl From<f64> for MockValue {
    fn from(double: f64) -> MockValue {
        MockValue::Double(double)
    }
}

impl From<&str> for MockValue {
    fn from(text: &str) -> MockValue {
        MockValue::String(text.to_owned())
    }
}

impl From<MockObject> for MockValue {
    fn from(object: MockObject) -> MockValue {
        MockValue::Object(object)
    }
}

impl From<Vec<MockValue>> for MockValue {
    fn from(items: Vec<MockValue>) -> MockValue {
        MockValue::Tuple(items)
    }
}
