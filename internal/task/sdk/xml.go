package sdk

import (
	"bytes"
	"encoding/xml"
	"io"

	"github.com/stride-aws/stride/internal/value"
)

// appendXML writes v as the element name, for a member of a rest-xml input.
func (s *Service) appendXML(b *bytes.Buffer, name string, m *Member, v value.Value) {
	shape := s.shape(m.Shape)
	switch shape.Kind {
	case Structure:
		s.appendStructure(b, name, first(m.XMLNamespace), shape, v)
	case List:
		item := first(shape.Element.LocationName, "member")
		if flat := shape.Flattened || m.Flattened; flat {
			item = name
		} else {
			b.WriteString("<" + name + ">")
			defer b.WriteString("</" + name + ">")
		}
		for _, x := range v.Items() {
			s.appendXML(b, item, shape.Element, x)
		}
	case Map:
		b.WriteString("<" + name + ">")
		for _, x := range v.Members() {
			b.WriteString("<entry><key>")
			xml.EscapeText(b, []byte(x.Name))
			b.WriteString("</key>")
			s.appendXML(b, "value", shape.Element, x.Value)
			b.WriteString("</entry>")
		}
		b.WriteString("</" + name + ">")
	default:
		b.WriteString("<" + name + ">")
		xml.EscapeText(b, []byte(s.scalar(m, v, iso8601)))
		b.WriteString("</" + name + ">")
	}
}

func (s *Service) appendStructure(b *bytes.Buffer, name, namespace string, shape *Shape, v value.Value) {
	b.WriteString("<" + name)
	if namespace != "" {
		b.WriteString(` xmlns="` + namespace + `"`)
	}
	for i := range shape.Members {
		m := &shape.Members[i]
		if x, ok := present(v, m.Name); ok && m.XMLAttribute {
			b.WriteString(" " + m.wireName() + `="`)
			xml.EscapeText(b, []byte(text(x)))
			b.WriteString(`"`)
		}
	}
	b.WriteString(">")
	for i := range shape.Members {
		m := &shape.Members[i]
		if x, ok := present(v, m.Name); ok && m.Location == "" && !m.XMLAttribute {
			s.appendXML(b, m.wireName(), m, x)
		}
	}
	b.WriteString("</" + name + ">")
}

// node is an XML element.
type node struct {
	name     string
	text     string
	attrs    map[string]string
	children []*node
}

func parseXML(text []byte) (*node, error) {
	d := xml.NewDecoder(bytes.NewReader(text))
	root := &node{}
	stack := []*node{root}
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		top := stack[len(stack)-1]
		switch t := token.(type) {
		case xml.StartElement:
			n := &node{name: t.Name.Local, attrs: map[string]string{}}
			for _, a := range t.Attr {
				n.attrs[a.Name.Local] = a.Value
			}
			top.children = append(top.children, n)
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.text += string(t)
		}
	}
	if len(root.children) == 0 {
		return root, nil
	}
	return root.children[0], nil
}

func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

func (n *node) all(name string) []*node {
	var found []*node
	for _, c := range n.children {
		if c.name == name {
			found = append(found, c)
		}
	}
	return found
}

// textOf is the text of the first descendant of a name, "" where there is none.
func (n *node) textOf(name string) string {
	for _, c := range n.children {
		if c.name == name {
			return c.text
		}
		if t := c.textOf(name); t != "" {
			return t
		}
	}
	return ""
}

// fromXML reads a structure's members.
func (d *decoder) fromXML(shape *Shape, n *node) []value.Member {
	var members []value.Member
	for i := range shape.Members {
		m := &shape.Members[i]
		if m.Location != "" {
			continue
		}
		if v, ok := d.memberXML(m, n); ok {
			members = append(members, value.Member{Name: d.name(m.Name), Value: v})
		}
	}
	return members
}

func (d *decoder) memberXML(m *Member, n *node) (value.Value, bool) {
	shape := d.shape(m.Shape)
	if m.XMLAttribute {
		name := m.wireName()
		if i := bytes.IndexByte([]byte(name), ':'); i >= 0 {
			name = name[i+1:]
		}
		text, ok := n.attrs[name]
		return value.OfString(text), ok
	}
	name := m.wireName()
	if flat := shape.Flattened || m.Flattened; flat && shape.Kind == List {
		if shape.Element.LocationName != "" && m.LocationName == "" {
			name = shape.Element.LocationName
		}
		items := n.all(name)
		return d.listXML(shape, items), len(items) > 0
	} else if flat && shape.Kind == Map {
		entries := n.all(name)
		return d.mapXML(shape, entries), len(entries) > 0
	}
	c := n.child(name)
	if c == nil {
		return value.Value{}, false
	}
	return d.valueXML(m, c), true
}

func (d *decoder) valueXML(m *Member, n *node) value.Value {
	shape := d.shape(m.Shape)
	switch shape.Kind {
	case Structure:
		return value.OfObject(d.fromXML(shape, n))
	case List:
		item := first(shape.Element.LocationName, "member")
		if d.Protocol == "ec2" {
			item = first(shape.Element.LocationName, "item")
		}
		return d.listXML(shape, n.all(item))
	case Map:
		return d.mapXML(shape, n.all("entry"))
	}
	return d.scalar(m, n.text, iso8601)
}

func (d *decoder) listXML(shape *Shape, items []*node) value.Value {
	list := make([]value.Value, len(items))
	for i, item := range items {
		list[i] = d.valueXML(shape.Element, item)
	}
	return value.OfArray(list)
}

func (d *decoder) mapXML(shape *Shape, entries []*node) value.Value {
	var members []value.Member
	for _, e := range entries {
		key, v := e.child(first(shape.Key.LocationName, "key")), e.child(first(shape.Element.LocationName, "value"))
		if key != nil && v != nil {
			members = append(members, value.Member{Name: key.text, Value: d.valueXML(shape.Element, v)})
		}
	}
	return value.OfObject(members)
}
