//! Elements of vectors and tuples.

use rps_jit_ir::{Conversion, Type, Val};
use rps_runtime::code::machine::{Seen, VectorOffsets};

use super::state::{Fact, Kind};
use super::{ELEMENTS, FIELDS, FIXED, Lowerer};

/// An element that may lie within a collection.
pub(super) struct At {
    /// Whether it does.
    pub(super) is_within: Val,
    /// Whether it never changes.
    pub(super) is_fixed: bool,
    collection: Val,
    /// The word of its number: twice that, and one more.
    index: Val,
}

impl Lowerer<'_> {
    /// Makes sure that an object is a vector of values, and looks for an element.
    pub(super) fn vector_at(&mut self, collection: u16, index: u16) -> Option<At> {
        let vector = self.layout.vector?;
        let (index, is_natural) = (self.int(index), self.fact(index).is_natural);
        let payload = self.vector(collection, vector);
        let len = self.f.load(Type::I64, payload, vector.len, FIELDS);
        let is_within = self.is_below(index, is_natural, len);
        Some(At { is_within, is_fixed: false, collection: payload, index })
    }

    /// Makes sure that an object is a vector of values, and returns the address of its payload.
    pub(super) fn vector(&mut self, collection: u16, vector: VectorOffsets) -> Val {
        let object = self.object(collection);
        self.check_alone();
        if self.fact(collection).is_vector {
            self.f.load(Type::Ptr, object, self.layout.object.payload, FIELDS)
        } else {
            let payload = self.payload(object);
            let tag = self.f.load(Type::I8, payload, vector.tag, FIELDS);
            let wanted = self.f.constant(Type::I8, vector.value_vector.into());
            let is_vector = self.f.equal(tag, wanted);
            self.test(is_vector, "vector");
            self.learn(collection, |fact| fact.is_vector = true);
            payload
        }
    }

    /// Makes sure that a value is a tuple, and looks for an element.
    pub(super) fn tuple_at(&mut self, collection: u16, index: u16) -> At {
        let (index, is_natural) = (self.int(index), self.fact(index).is_natural);
        let word = self.word(collection);
        if self.fact(collection).kind != Kind::Tuple {
            self.test_kind(word, self.layout.kind_tuple, "tuple");
            self.learn(collection, |fact| (fact.kind, fact.expected) = (Kind::Tuple, Seen(0)));
        }
        let tuple = self.f.convert(Conversion::Bits, word, Type::Ptr);
        let len = self.fixed(Type::I64, tuple, self.layout.value.tuple_len);
        let is_within = self.is_below(index, is_natural, len);
        At { is_within, is_fixed: true, collection: tuple, index }
    }

    /// Returns whether an integer, given by its word, is none below zero, and below a count: the count is doubled, which the loop
    /// around it need not do again, and not the integer halved.
    fn is_below(&mut self, index: Val, is_natural: bool, count: Val) -> Val {
        let one = self.f.i64(1);
        let twice = self.f.shift_left(count, one);
        if is_natural {
            // As a loop to the count compares them, which then is known already.
            let end = self.f.or(twice, one);
            return self.f.less(index, end);
        }
        self.f.less_unsigned(index, twice)
    }

    /// Returns the address of an element that lies within its collection.
    pub(super) fn element_values(&mut self, at: &At) -> Val {
        match self.layout.vector {
            Some(vector) if !at.is_fixed => {
                let values = self.f.load(Type::Ptr, at.collection, vector.values, FIELDS);
                self.f.offset(values, at.index, 4, -4)
            }
            _ => self.f.offset(at.collection, at.index, 4, self.layout.value.tuple_values - 4),
        }
    }

    /// Makes sure that an object is a vector of values and an index lies within it; returns the address of the element.
    fn place(&mut self, collection: u16, index: u16) -> Option<Val> {
        let at = self.vector_at(collection, index)?;
        self.test(at.is_within, "index");
        Some(self.element_values(&at))
    }

    /// Returns whether a register has an object, as far as is known: a collection of which nothing was seen is taken for a
    /// vector as long as none was something else.
    pub(super) fn is_object(&self, fact: Fact) -> bool {
        fact.kind == Kind::Object || fact.kind == Kind::Any && self.can_be(fact, Seen::OBJECT)
    }

    pub(super) fn is_index(&self, fact: Fact) -> bool {
        fact.kind == Kind::Int || fact.kind == Kind::Any && self.can_be(fact, Seen::INT)
    }

    fn can_be(&self, fact: Fact, kind: Seen) -> bool {
        fact.expected == kind || fact.expected.is_empty() && self.unit().exits[self.at] == 0
    }

    pub(super) fn is_tuple(fact: Fact) -> bool {
        fact.kind == Kind::Tuple || fact.kind == Kind::Any && fact.expected == Seen::TUPLE
    }

    pub(super) fn get_element(&mut self, to: u16, collection: u16, index: u16) {
        let (own, at) = (self.fact(collection), self.fact(index));
        if !self.is_generic() && self.is_index(at) {
            if self.is_object(own)
                && let Some(place) = self.place(collection, index)
            {
                let word = self.f.load(Type::I64, place, 0, ELEMENTS);
                return self.set_seen(to, word);
            }
            if Self::is_tuple(own) {
                let word = self.tuple_element(collection, index);
                return self.set_seen(to, word);
            }
        }
        let (collection, index) = (self.word(collection), self.word(index));
        let above = self.note_frames(self.context, self.at);
        let word = self.helper("rps_element", &[above, collection, index]);
        self.test_done(word);
        self.state.forget();
        self.set_seen(to, word);
    }

    fn tuple_element(&mut self, collection: u16, index: u16) -> Val {
        let at = self.tuple_at(collection, index);
        self.test(at.is_within, "index");
        let place = self.element_values(&at);
        self.f.load(Type::I64, place, 0, FIXED)
    }

    pub(super) fn put_element(&mut self, collection: u16, index: u16, value: u16) {
        let (own, at) = (self.fact(collection), self.fact(index));
        let word = self.word(value);
        if !self.is_generic()
            && self.is_index(at)
            && self.is_object(own)
            && let Some(place) = self.place(collection, index)
        {
            let object = self.object(collection);
            self.check_transient(object);
            self.f.store(place, 0, word, ELEMENTS);
            return;
        }
        let (collection, index) = (self.word(collection), self.word(index));
        let above = self.note_frames(self.context, self.at);
        let done = self.helper("rps_put_element", &[above, collection, index, word]);
        self.test_done(done);
        self.state.forget();
    }
}
