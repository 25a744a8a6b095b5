package dev.sandlot.toolbox.code;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.NullNode;

/// Charts in the form of the clients' models. Descriptions come from the sandbox: fields of the
/// wrong type are left out, since one of them makes strict clients refuse the whole answer.
final class ChartJson {
  private static final Set<String> TEXTS =
      Set.of(
          "type", "title", "png", "x_label", "y_label", "x_scale", "y_scale", "label", "group",
          "value");
  private static final Set<String> NUMBERS =
      Set.of("angle", "radius", "min", "first_quartile", "median", "third_quartile", "max");
  private static final Set<String> NUMBER_LISTS = Set.of("x_ticks", "y_ticks", "outliers");
  private static final Set<String> TEXT_LISTS = Set.of("x_tick_labels", "y_tick_labels");
  private static final Set<String> SCHEMA_OF_PARTS =
      Set.of("type", "title", "png", "x_label", "y_label");
  private static final String ELEMENTS = "elements";
  private static final int DEPTH_MAX = 2;

  private ChartJson() {}

  /// @return the chart's valid fields; empty when it is no chart
  static Optional<Map<String, Object>> checked(JsonNode chart) {
    if (!chart.path("type").isString()) {
      return Optional.empty();
    }
    Map<String, Object> checked = fields(chart, DEPTH_MAX);
    checked.putIfAbsent(ELEMENTS, NullNode.getInstance());
    return Optional.of(checked);
  }

  private static Map<String, Object> fields(JsonNode object, int depth) {
    Map<String, Object> fields = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : object.properties()) {
      String name = entry.getKey();
      JsonNode value = entry.getValue();
      if (TEXTS.contains(name) && value.isString()
          || NUMBERS.contains(name) && value.isNumber()
          || NUMBER_LISTS.contains(name) && listOf(value, JsonNode::isNumber)
          || TEXT_LISTS.contains(name) && listOf(value, JsonNode::isString)
          || name.equals("points") && listOf(value, ChartJson::isPoint)) {
        fields.put(name, value);
      } else if (name.equals(ELEMENTS) && depth > 0 && listOf(value, JsonNode::isObject)) {
        List<Map<String, Object>> elements = new ArrayList<>();
        value.forEach(element -> elements.add(fields(element, depth - 1)));
        fields.put(name, elements);
      }
    }
    return fields;
  }

  private static boolean isPoint(JsonNode point) {
    return point.size() == 2 && listOf(point, JsonNode::isNumber);
  }

  private static boolean listOf(JsonNode list, Predicate<JsonNode> kind) {
    if (!list.isArray()) {
      return false;
    }
    for (JsonNode item : list) {
      if (!kind.test(item)) {
        return false;
      }
    }
    return true;
  }

  /// The same charts without keys that are not in the schema, for clients that refuse unknown keys:
  /// the parts of a composite chart lose their data.
  static List<Map<String, Object>> withoutExtraKeys(List<Map<String, Object>> charts) {
    return charts.stream().map(ChartJson::withoutExtraKeys).toList();
  }

  private static Map<String, Object> withoutExtraKeys(Map<String, Object> chart) {
    Map<String, Object> known = new LinkedHashMap<>(chart);
    if (isComposite(chart) && chart.get(ELEMENTS) instanceof List<?> parts) {
      known.put(ELEMENTS, parts.stream().map(ChartJson::schemaOfPart).toList());
    }
    return known;
  }

  private static boolean isComposite(Map<String, Object> chart) {
    return chart.get("type") instanceof JsonNode type
        && type.asString("").equals("composite_chart");
  }

  private static Map<Object, Object> schemaOfPart(Object part) {
    Map<Object, Object> known = new LinkedHashMap<>();
    if (part instanceof Map<?, ?> fields) {
      fields.forEach((name, value) -> {
        if (value != null && SCHEMA_OF_PARTS.contains(name)) {
          known.put(name, value);
        }
      });
    }
    return known;
  }
}
