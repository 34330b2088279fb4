"""What trains a network behind `DNN.fit`."""
