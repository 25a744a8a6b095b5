package dev.sandlot.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkPolicyTest {
  @ParameterizedTest
  @CsvSource({"false,''", "true,''", "false,'203.0.113.0/24,198.51.100.7/32'"})
  void isTheSameAfterItsTwoFields(boolean blockAll, String allowList) {
    NetworkPolicy policy = NetworkPolicy.of(blockAll, allowList);

    assertThat(policy.blocksAll()).isEqualTo(blockAll);
    assertThat(policy.allowList()).isEqualTo(allowList);
  }

  @Test
  void blocksWhateverTheListSays() {
    assertThat(NetworkPolicy.of(true, "203.0.113.0/24")).isEqualTo(new NetworkPolicy.BlockAll());
  }

  @Test
  void readsSpacesAndBareAddresses() {
    assertThat(NetworkPolicy.of(false, " 203.0.113.0/24 , 198.51.100.7"))
        .isEqualTo(
            new NetworkPolicy.AllowList(
                List.of(Ipv4Range.of("203.0.113.0/24"), Ipv4Range.of("198.51.100.7/32"))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"nonsense", "203.0.113.0/24,", "203.0.113.0/33"})
  void refusesAListThatIsNone(String allowList) {
    assertThatThrownBy(() -> NetworkPolicy.of(false, allowList))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
