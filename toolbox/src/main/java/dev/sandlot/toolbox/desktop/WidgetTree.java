package dev.sandlot.toolbox.desktop;

import dev.sandlot.toolbox.desktop.session.Answers;
import dev.sandlot.toolbox.desktop.session.DesktopFailures;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// Accessibility nodes from the program's answer, as a flat list in which parents come first.
///
/// @param nodes in the contract's form, without children
/// @param parents the index of each node's parent; -1 for a root
/// @param truncated whether nodes are missing
record WidgetTree(List<Map<String, Object>> nodes, List<Integer> parents, boolean truncated) {
  private static final int STATES_MAX = 64;
  private static final int ACTIONS_MAX = 50;
  private static final int BOUNDS = 4;
  private static final List<String> BOUND_NAMES = List.of("x", "y", "width", "height");

  static WidgetTree of(JsonNode answer, int nodesMax) {
    List<Map<String, Object>> nodes = new ArrayList<>();
    List<Integer> parents = new ArrayList<>();
    for (JsonNode node : Answers.list(answer, "nodes", nodesMax)) {
      int parent = Answers.integer(node, "parent");
      if (parent < -1 || parent >= nodes.size()) {
        throw DesktopFailures.broken("a tree that is none");
      }
      nodes.add(json(node));
      parents.add(parent);
    }
    return new WidgetTree(nodes, parents, Answers.flag(answer, "truncated"));
  }

  private static Map<String, Object> json(JsonNode node) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("id", Answers.text(node, "id"));
    json.put("role", Answers.text(node, "role"));
    json.put("name", Answers.text(node, "name"));
    String description = Answers.text(node, "description");
    if (!description.isEmpty()) {
      json.put("description", description);
    }
    json.put("bounds", bounds(node));
    json.put("states", Answers.texts(node, "states", STATES_MAX));
    List<String> actions = Answers.texts(node, "actions", ACTIONS_MAX);
    if (!actions.isEmpty()) {
      json.put("actions", actions);
    }
    return json;
  }

  private static Map<String, Integer> bounds(JsonNode node) {
    JsonNode given = Answers.list(node, "bounds", BOUNDS);
    Map<String, Integer> bounds = new LinkedHashMap<>();
    for (int index = 0; index < BOUNDS; index++) {
      bounds.put(BOUND_NAMES.get(index), given.path(index).asInt(0));
    }
    return bounds;
  }

  /// The tree below its first node, in the contract's form. Nodes deeper than `depthMax` are left
  /// out, and the tree is marked as truncated.
  Map<String, Object> json(int depthMax) {
    if (nodes.isEmpty() || parents.getFirst() != -1) {
      throw DesktopFailures.broken("a tree without a root");
    }
    boolean cut = truncated;
    int[] depths = new int[nodes.size()];
    List<List<Map<String, Object>>> children = new ArrayList<>();
    for (int index = 0; index < nodes.size(); index++) {
      children.add(new ArrayList<>());
      int parent = parents.get(index);
      depths[index] = parent < 0 ? 0 : depths[parent] + 1;
      if (parent < 0) {
        continue;
      }
      if (depths[index] > depthMax) {
        cut = true;
        continue;
      }
      children.get(parent).add(nodes.get(index));
      nodes.get(parent).put("children", children.get(parent));
    }
    return Map.of("root", nodes.getFirst(), "truncated", cut);
  }
}
