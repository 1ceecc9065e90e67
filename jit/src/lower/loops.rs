//! What is tested before a loop begins, so that it is not tested at every turn.
//!
//! A register that the loop reads and never writes has the same value at every turn. What was seen of it is tested
//! before the loop where the loop will rely on it; so are numbers that it computes with and writes. A test that fails there
//! goes on in the interpreter at the loop's beginning; where that happens again and again nothing is tested there any more.

use rps_runtime::code::Instruction;
use rps_runtime::code::machine::Seen;

use super::state::Kind;
use super::{Key, Lowerer};

/// What a loop relies on of a register.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    /// That it is a number, an object or a tuple, as was seen.
    Kind,
    /// That it is a vector.
    Vector,
    /// That it is an object.
    Object,
}

impl Lowerer<'_> {
    /// Tests what the loop that begins at a block relies on, where the block is reached from outside of the loop.
    pub(super) fn begin_loop(&mut self, (context, start): Key) {
        let Some(end) = self.contexts.loop_end(context, start) else { return };
        let here = match self.contexts.is_within(self.context, context) {
            Some(usize::MAX) => Some(self.at),
            other => other,
        };
        // A block that ends where the loop begins has come to its instruction already.
        if here.is_some_and(|here| here > start && here <= end) {
            return;
        }
        let unit = self.contexts.unit(context);
        if unit.exits[start] >= 3 {
            return;
        }
        let mut wanted: Vec<(u16, Wanted)> = Vec::new();
        let (mut is_element_read, mut is_defined) = (false, false);
        for at in start..=end {
            let mut want = |register: u16, what: Wanted| {
                if !wanted.contains(&(register, what)) {
                    wanted.push((register, what));
                }
            };
            match unit.instructions[at] {
                Instruction::GetElement { collection, index, .. }
                | Instruction::PutElement { collection, index, .. } => {
                    want(collection, Wanted::Vector);
                    want(index, Wanted::Kind);
                    is_element_read = true;
                }
                Instruction::EachNext { first, .. } => {
                    want(first, Wanted::Vector);
                    is_element_read = true;
                }
                Instruction::GetAttribute { object, site, .. }
                | Instruction::PutAttribute { object, site, .. }
                    if !unit.attributes[usize::from(site)].shapes.is_empty() =>
                {
                    want(object, Wanted::Object);
                    is_element_read = true;
                }
                Instruction::RangeNext { first, .. } => {
                    want(first, Wanted::Kind);
                    want(first + 1, Wanted::Kind);
                }
                Instruction::Add { left, right, .. }
                | Instruction::Subtract { left, right, .. }
                | Instruction::Multiply { left, right, .. }
                | Instruction::Divide { left, right, .. }
                | Instruction::Remainder { left, right, .. }
                | Instruction::Compare { left, right, .. }
                | Instruction::JumpUnlessLess { left, right, .. }
                | Instruction::JumpUnlessLessEqual { left, right, .. }
                | Instruction::JumpUnlessGreater { left, right, .. }
                | Instruction::JumpUnlessGreaterEqual { left, right, .. } => {
                    want(left, Wanted::Kind);
                    want(right, Wanted::Kind);
                }
                Instruction::LoadGlobal { .. }
                | Instruction::Call { .. }
                | Instruction::Send { .. }
                | Instruction::NewObject { .. } => is_defined = true,
                _ => {}
            }
        }
        let place = (self.context, self.at);
        (self.context, self.at) = (context, start);
        if is_defined {
            self.check_valid();
        }
        if is_element_read {
            self.check_alone();
        }
        for (register, what) in wanted {
            // A number that is written is a number again, more often than not: it need not be a word in between.
            let is_number =
                what == Wanted::Kind && matches!(self.fact(register).expected, Seen::INT | Seen::DOUBLE);
            if self.contexts.is_live(context, start, usize::from(register))
                && (is_number || !self.contexts.is_written(context, start, end, register))
            {
                self.test_before_loop(register, what);
            }
        }
        (self.context, self.at) = place;
    }

    fn test_before_loop(&mut self, register: u16, what: Wanted) {
        let fact = self.fact(register);
        if fact.unmade.is_some() {
            return;
        }
        match (what, fact.kind, fact.expected) {
            (Wanted::Kind, Kind::Any, Seen::INT) => {
                self.int(register);
            }
            (Wanted::Kind, Kind::Any | Kind::Double, expected)
                if fact.kind == Kind::Double || expected == Seen::DOUBLE =>
            {
                self.real(register);
            }
            (Wanted::Object | Wanted::Vector, Kind::Any, Seen::OBJECT)
            | (Wanted::Vector, Kind::Object, _) => {
                self.object(register);
                if what == Wanted::Vector
                    && let Some(vector) = self.layout.vector
                {
                    self.vector(register, vector);
                }
            }
            (Wanted::Vector, Kind::Any, Seen::TUPLE) => {
                let word = self.word(register);
                self.test_kind(word, self.layout.kind_tuple, "tuple");
                self.learn(register, |fact| (fact.kind, fact.expected) = (Kind::Tuple, Seen(0)));
            }
            _ => {}
        }
    }
}
