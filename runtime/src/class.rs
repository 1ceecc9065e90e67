//! Classes: what a value is an instance of, superclasses, methods.

use crate::error::RuntimeError;
use crate::heap::RootVec;
use crate::known;
use crate::object::payload::ClassInfo;
use crate::object::{ObjectRef, Payload};
use crate::oid::Oid;
use crate::runtime::Mutator;
use crate::value::{Value, View};

/// An attribute that is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Magic {
    /// The class of the value.
    Class,
    /// The space of the object.
    Space,
}

/// The classes of the values that are no objects, found without a table.
pub(crate) struct BasicClasses {
    pub(crate) nil: ObjectRef,
    pub(crate) boolean: ObjectRef,
    pub(crate) int: ObjectRef,
    pub(crate) double: ObjectRef,
    pub(crate) string: ObjectRef,
    pub(crate) tuple: ObjectRef,
    pub(crate) set: ObjectRef,
    pub(crate) closure: ObjectRef,
    pub(crate) json: ObjectRef,
    pub(crate) object: ObjectRef,
}

impl BasicClasses {
    /// Finds the classes, which live as long as the runtime.
    pub(crate) fn new(m: &Mutator<'_>) -> BasicClasses {
        BasicClasses {
            nil: m.class(known::NIL),
            boolean: m.class(known::BOOLEAN),
            int: m.class(known::INT),
            double: m.class(known::DOUBLE),
            string: m.class(known::STRING),
            tuple: m.class(known::TUPLE),
            set: m.class(known::SET),
            closure: m.class(known::CLOSURE),
            json: m.class(known::JSON),
            object: m.class(known::OBJECT),
        }
    }
}

/// A class chain longer than this is taken for a cycle. Checks at every change make cycles impossible; a store under
/// construction can still have one.
const MAX_CHAIN: usize = 1000;

/// Makes the classes that every runtime has, with their symbols, transient.
pub(crate) fn make_known_classes(m: &Mutator<'_>) {
    for known in known::CLASSES {
        let (class, symbol) = (m.object_or_skeleton(known.class), m.object_or_skeleton(known.symbol));
        class.set_class_unchecked(Some(m.object_or_skeleton(known::CLASS)));
        symbol.set_class_unchecked(Some(m.object_or_skeleton(known::SYMBOL)));
        let superclass = Some(m.object_or_skeleton(known.superclass));
        let info = ClassInfo::new(superclass, Some(symbol));
        class.install_payload(m, Some(Payload::ClassInfo(Box::new(info))));
        m.install_symbol(symbol, known.name, class.into(), false).expect("known names differ");
    }
    for (word, class) in
        [("vector", known::VALUE_VECTOR), ("dict", known::DICTIONARY), ("integer", known::INT)]
    {
        m.register_global(word, m.object_or_skeleton(class).into());
    }
    let name = m.object_or_skeleton(known::NAME);
    name.set_class_unchecked(Some(m.object_or_skeleton(known::NAMED_ATTRIBUTE)));
    m.install_symbol(name, "name", name.into(), false).expect("known names differ");
    for (name, oid) in known::ERROR_ATTRIBUTES {
        let attribute = m.object_or_skeleton(oid);
        attribute.set_class_unchecked(Some(m.object_or_skeleton(known::SYMBOL)));
        m.install_symbol(attribute, name, Value::NIL, false).expect("known names differ");
    }
    let comment = m.object_or_skeleton(known::COMMENT);
    comment.set_class_unchecked(Some(m.object_or_skeleton(known::SYMBOL)));
    m.install_symbol(comment, "comment", Value::NIL, false).expect("known names differ");
}

impl ObjectRef {
    /// Returns whether the object is a class: whether its payload says so.
    pub fn is_class(self, m: &Mutator<'_>) -> bool {
        self.with_payload(m, |payload| matches!(payload, Some(Payload::ClassInfo(_))))
    }

    /// Returns the superclass of a class; the root of all classes has none.
    pub fn superclass(self, m: &Mutator<'_>) -> Option<ObjectRef> {
        self.with_payload(m, |payload| match payload {
            Some(Payload::ClassInfo(info)) => info.superclass,
            _ => None,
        })
        .filter(|&superclass| superclass != self)
    }

    /// Returns a class and its superclasses, from the class up.
    pub fn class_chain(self, m: &Mutator<'_>) -> impl Iterator<Item = ObjectRef> {
        std::iter::successors(Some(self), move |class| class.superclass(m)).take(MAX_CHAIN)
    }

    /// Returns whether the class is another one or inherits from it.
    pub fn is_subclass_of(self, m: &Mutator<'_>, other: ObjectRef) -> bool {
        self.is_class(m) && self.class_chain(m).any(|class| class == other)
    }

    /// Gives a class another superclass.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::NotAClass`] when one of them is none, [`RuntimeError::SuperclassCycle`] when the class would
    /// become its own ancestor.
    pub fn set_superclass(self, m: &Mutator<'_>, superclass: ObjectRef) -> Result<(), RuntimeError> {
        for class in [self, superclass] {
            if !class.is_class(m) {
                return Err(RuntimeError::NotAClass { oid: class.oid() });
            }
        }
        if superclass.is_subclass_of(m, self) {
            return Err(RuntimeError::SuperclassCycle { class: self.oid(), superclass: superclass.oid() });
        }
        self.update_payload(m, |payload| {
            if let Some(Payload::ClassInfo(info)) = payload {
                info.superclass = Some(superclass);
            }
        });
        Ok(())
    }

    /// Returns a class's own methods: selectors and methods in turn, sorted by the selector's oid.
    pub fn own_methods(self, m: &Mutator<'_>) -> RootVec {
        let mut methods = m.root_vec();
        self.with_payload(m, |payload| {
            if let Some(Payload::ClassInfo(info)) = payload {
                methods
                    .extend(info.methods().iter().flat_map(|&(selector, method)| [selector.into(), method]));
            }
        });
        methods
    }

    /// Adds a method to a class, or replaces the one that there was.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::NotAClass`] when the object is none.
    pub fn put_method(self, m: &Mutator<'_>, selector: ObjectRef, method: Value) -> Result<(), RuntimeError> {
        self.update_payload(m, |payload| match payload {
            Some(Payload::ClassInfo(info)) => {
                info.put_method(selector, method);
                Ok(())
            }
            _ => Err(RuntimeError::NotAClass { oid: self.oid() }),
        })
    }

    /// Removes a method from a class, and returns it.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::NotAClass`] when the object is none.
    pub fn remove_method(self, m: &Mutator<'_>, selector: ObjectRef) -> Result<Option<Value>, RuntimeError> {
        self.update_payload(m, |payload| match payload {
            Some(Payload::ClassInfo(info)) => Ok(info.remove_method(selector)),
            _ => Err(RuntimeError::NotAClass { oid: self.oid() }),
        })
    }
}

impl Mutator<'_> {
    /// Returns the class with a known oid.
    ///
    /// # Panics
    ///
    /// When the oid is not one of [`known::CLASSES`], which all exist as long as the runtime.
    pub fn class(&self, known: Oid) -> ObjectRef {
        self.object(known).expect("known classes exist")
    }

    /// Makes a transient class with its symbol.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::BadName`], [`RuntimeError::DuplicateName`], [`RuntimeError::NotAClass`].
    pub fn make_class(&self, name: &str, superclass: ObjectRef) -> Result<ObjectRef, RuntimeError> {
        if !superclass.is_class(self) {
            return Err(RuntimeError::NotAClass { oid: superclass.oid() });
        }
        let symbol = self.make_symbol(name, false)?;
        self.make_class_of_symbol(symbol, superclass)
    }

    /// Makes a transient class whose symbol exists and stands for nothing yet.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::DuplicateName`] when the symbol stands for something.
    pub(crate) fn make_class_of_symbol(
        &self,
        symbol: ObjectRef,
        superclass: ObjectRef,
    ) -> Result<ObjectRef, RuntimeError> {
        let class = self.new_object(self.class(known::CLASS));
        let info = ClassInfo::new(Some(superclass), Some(symbol));
        class.set_payload(self, Some(Payload::ClassInfo(Box::new(info))));
        let is_free = symbol.update_payload(self, |payload| match payload {
            Some(Payload::Symbol(own)) if own.value.is_nil() => {
                own.value = class.into();
                true
            }
            _ => false,
        });
        if !is_free {
            let name = self.symbol_name(symbol).unwrap_or_default();
            return Err(RuntimeError::DuplicateName { name, taken: symbol.oid() });
        }
        Ok(class)
    }

    /// Returns the class of a value. An object without a class is taken for an instance of `object`.
    #[inline]
    pub fn class_of(&self, value: Value) -> ObjectRef {
        let Some(basic) = self.runtime().basic_classes() else { return self.class(known::OBJECT) };
        match value.view() {
            View::Object(object) => object.class().unwrap_or(basic.object),
            View::Instance(instance) => instance.class(),
            View::Nil => basic.nil,
            View::Bool(_) => basic.boolean,
            View::Int(_) | View::BigInt(_) => basic.int,
            View::Double(_) => basic.double,
            View::String(_) => basic.string,
            View::Tuple(_) => basic.tuple,
            View::Set(_) => basic.set,
            View::Closure(_) => basic.closure,
            View::Json(_) => basic.json,
        }
    }

    /// Returns the class of a value as a value, which caches compare.
    #[inline(always)]
    pub(crate) fn class_value(&self, value: Value) -> Value {
        match value.object_fast() {
            Some(object) => object.class_slot(),
            None => self.class_of(value).into(),
        }
    }

    /// Returns whether a value's class is this one or inherits from it.
    pub fn is_instance_of(&self, value: Value, class: ObjectRef) -> bool {
        self.class_of(value).is_subclass_of(self, class)
    }

    /// Returns which computed attribute a key names, if it does.
    pub fn magic_of(&self, key: ObjectRef) -> Option<Magic> {
        match key.oid() {
            known::CLASS | known::CLASS_SYMBOL => Some(Magic::Class),
            known::SPACE | known::SPACE_SYMBOL => Some(Magic::Space),
            _ => None,
        }
    }

    /// Returns an attribute of a value, computed or stored; `None` when it has none.
    pub fn attribute(&self, value: Value, key: ObjectRef) -> Option<Value> {
        match self.magic_of(key) {
            Some(Magic::Class) => Some(self.class_of(value).into()),
            Some(Magic::Space) => Some(value.as_object()?.space().map_or(Value::NIL, Value::from)),
            None => match value.view() {
                View::Object(object) => object.get_attribute(key),
                View::Instance(instance) => instance.attribute(key),
                _ => None,
            },
        }
    }
}
